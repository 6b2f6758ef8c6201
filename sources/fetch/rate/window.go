package rate

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// window remembers what the last requests of a declared limit cost, and when they
// started: in any span of per those that start cost at most so much. A token bucket
// (x/time/rate) would let nearly twice as many through, which an API that counts
// sharply answers with 429.
type window struct {
	most  sources.Cost
	per   time.Duration
	spent []batch // the oldest first
}

// batch are requests that started together, or nearly.
type batch struct {
	first, last time.Time
	cost        sources.Cost
}

const (
	// exactly is how many batches are kept each by itself. Of more, those become one
	// that start within the coarse part of the window: a limit of a million a day
	// takes no more memory, and makes requests wait by that part longer.
	exactly, coarse = 100, 64
)

// start takes note of a request.
func (w *window) start(cost sources.Cost, now time.Time) {
	if cost == 0 {
		return
	}
	if n := len(w.spent); n > 0 {
		last := &w.spent[n-1]
		if last.last.Equal(now) || n >= exactly && now.Sub(last.first) < w.per/coarse {
			last.last, last.cost = now, last.cost+cost
			return
		}
	}
	w.spent = append(w.spent, batch{now, now, cost})
}

// settle changes what a request cost that started then.
func (w *window) settle(more sources.Cost, started time.Time) {
	if more == 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(w.spent, started, func(b batch, at time.Time) int { return b.last.Compare(at) })
	if i < len(w.spent) && !w.spent[i].first.After(started) {
		w.spent[i].cost = max(0, w.spent[i].cost+more)
	} else if more > 0 {
		w.spent = slices.Insert(w.spent, i, batch{started, started, more})
	}
}

// over is when a batch counts no longer. What costs more than the whole limit counts
// for as many of its spans.
func (w *window) over(b batch) time.Time {
	if b.cost <= w.most {
		return b.last.Add(w.per)
	}
	return b.last.Add(time.Duration(float64(w.per) * float64(b.cost) / float64(w.most)))
}

// wait returns how long the limit makes the next request wait. One that costs more
// than all of the limit waits until nothing counts.
func (w *window) wait(cost sources.Cost, now time.Time) time.Duration {
	w.spent = slices.DeleteFunc(w.spent, func(b batch) bool { return !w.over(b).After(now) })
	all := min(cost, w.most)
	for _, b := range w.spent {
		all += b.cost
	}
	if all <= w.most || cost == 0 {
		return 0
	}
	ends := slices.Clone(w.spent)
	slices.SortFunc(ends, func(a, b batch) int { return w.over(a).Compare(w.over(b)) })
	for _, b := range ends {
		if all -= b.cost; all <= w.most {
			return w.over(b).Sub(now)
		}
	}
	return 0
}
