package simulation

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// api is the API, which counts the calls itself.
type api struct {
	world   *world
	limit   ledger.Limit // zero: there is none
	latency time.Duration

	coming  []ledger.Time // calls that are on their way, the last first
	came    []ledger.Time // the last calls that came, as many as the limit allows
	calls   int64
	spent   time.Duration // in which calls were answered
	over    int           // calls that were too many
	flying  int
	highest int // most that were under way at a time
}

// onTheWay is by how much longer one call is on its way than another, at most.
const onTheWay = 20 * time.Millisecond

// call sends a call, and returns after which time the answer is there.
func (a *api) call() time.Duration {
	a.arrive(a.world.now)
	at := a.world.now.Add(a.world.upTo(onTheWay))
	i, _ := slices.BinarySearchFunc(a.coming, at, func(one, at ledger.Time) int { return int(max(-1, min(1, at-one))) })
	a.coming = slices.Insert(a.coming, i, at)
	a.calls++
	a.flying++
	a.highest = max(a.highest, a.flying)
	// Most answers take a little less than the mean, and one in a hundred five times as long.
	took := a.latency/2 + time.Duration(float64(a.latency)/2*a.world.random.ExpFloat64())
	took = max(onTheWay, min(took, 20*a.latency))
	a.spent += took
	return took
}

// arrive counts the calls that have come.
func (a *api) arrive(now ledger.Time) {
	most := int(a.limit.Most / ledger.One)
	for n := len(a.coming) - 1; n >= 0 && a.coming[n] <= now; n-- {
		if at := a.coming[n]; most > 0 {
			place := int(a.calls-int64(n)-1) % most
			if len(a.came) < most {
				a.came = append(a.came, at)
			} else {
				if at.Sub(a.came[place]) < a.limit.Per {
					a.over++
				}
				a.came[place] = at
			}
		}
		a.coming = a.coming[:n]
	}
}
