package truth_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// newLife draws a life from a seed.
func newLife(t *testing.T, seed uint64) *life {
	chance := rand.New(rand.NewPCG(seed, 1))
	l := &life{t: t, chance: chance, dir: testrig.Folder(t), workers: 1 + chance.IntN(4), changes: chance.IntN(2) == 0, refuses: chance.IntN(3) == 0}
	w := &world{chance: rand.New(rand.NewPCG(seed, 2)), pace: []time.Duration{time.Second, time.Minute, time.Hour, 4 * time.Hour}[chance.IntN(4)]}
	w.skew = time.Duration(chance.IntN(20*60)-10*60) * time.Second
	start := time.Now().AddDate(0, 0, -chance.IntN(40)).Add(-time.Hour).Truncate(time.Second)
	for i := range 1 + chance.IntN(4) {
		l.addTable(w, newStream(chance, fmt.Sprintf("s%d", i), start, eras[seed%uint64(len(eras))].zones))
	}
	l.settle(w)
	w.drawKnown(rand.New(rand.NewPCG(seed, 3)))
	w.drawTags(rand.New(rand.NewPCG(seed, 4)))
	w.begin(start)
	l.api = &api{world: w, faults: []int{0, 0, 3, 20}[chance.IntN(4)], asked: map[string]int{}, paid: map[string]int{}, sessions: map[string]*heldSession{}}
	w.drawKeeping(rand.New(rand.NewPCG(seed, 5)), l.api.faults > 0)
	l.setting = l.all()
	l.define()
	return l
}

// addTable adds a table, with one or two of those before as its parents or none.
func (l *life) addTable(w *world, s *stream) {
	one := &table{stream: s, base: 10_000 * len(w.tables), texts: map[string]place{}, refusals: newRefusals()}
	if n := len(w.tables); n > 0 && l.chance.IntN(2) == 0 {
		s.parents = []*table{w.tables[l.chance.IntN(n)]}
		if other := w.tables[l.chance.IntN(n)]; l.chance.IntN(3) == 0 && other != s.parents[0] {
			s.parents = append(s.parents, other)
		}
		s.accounts = s.accounts && l.chance.IntN(4) == 0
		s.batch = []int{0, 0, 2, 5}[l.chance.IntN(4)]
		if s.window != "" {
			s.drawWindow(l.chance)
		}
		if l.chance.IntN(3) == 0 {
			s.lost = 410
		}
		for _, p := range s.parents {
			p.feeds = true
		}
	}
	w.tables = append(w.tables, one)
}

// settle brings what was drawn for tables into accord.
func (l *life) settle(w *world) {
	for _, one := range w.tables {
		if one.feeds && one.moves() {
			one.paging = "keyset"
		}
		if one.moves() {
			w.skew = max(0, w.skew)
		}
		timed := !slices.ContainsFunc(one.parents, func(p *table) bool { return p.full || p.whole || p.unit() >= time.Hour })
		if len(one.parents) > 0 && timed && (one.full || one.batch < 2) {
			one.changedOnly = l.chance.IntN(2) == 0
		}
	}
	if l.chance.IntN(4) == 0 {
		l.jump = w.longest()
	}
}

// longest is how long nobody may read, so that windows do not become too many.
func (w *world) longest() time.Duration {
	most := 400 * 24 * time.Hour
	for _, one := range w.tables {
		switch length := spans[one.window]; {
		case one.window == "" || length.months > 0:
		case length.Duration < 36*time.Hour:
			most = min(most, 5*24*time.Hour)
		default:
			most = min(most, 20*length.Duration)
		}
	}
	return most
}

// begin makes what there was before the first run.
func (w *world) begin(start time.Time) {
	span := time.Since(start)
	for _, t := range w.tables {
		most := 80
		if t.feeds {
			most = 30
		}
		for range max(t.least(), w.chance.IntN(most)) {
			w.create(t, start.Add(-w.skew).Add(time.Duration(w.chance.Int64N(int64(span)))))
		}
	}
	w.next = time.Now()
}

// least is how many rows there must be: a child needs a parent.
func (t *table) least() int {
	if t.feeds {
		return 1
	}
	return 0
}
