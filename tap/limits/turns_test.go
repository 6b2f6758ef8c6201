package limits_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap/limits"
)

// lanes is a run of random walks: of several groups and clients, some of which
// wait, fail for now, or have children.
type lanes struct {
	turns *limits.Turns
	most  int64
	held  atomic.Int64 // walks that go on
	done  atomic.Int64
	made  atomic.Int64
	again atomic.Int64
	t     *testing.T
}

// lane adds n walks of a group, each of which may have children.
func (l *lanes) lane(r *rand.Rand, group string, client any, depth, n int, over func()) {
	var mu sync.Mutex
	left := n
	end := func() {
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 {
			over()
		}
	}
	l.made.Add(int64(n))
	i := 0
	l.turns.Lane(limits.Lane{Group: group, Client: client, Depth: depth, Next: func() func(*limits.Turn) bool {
		if i++; i > n {
			return nil
		}
		seed := r.Uint64()
		fails := r.IntN(8) == 0
		return func(t *limits.Turn) bool { return l.walk(rand.New(rand.NewPCG(seed, 1)), t, depth, client, fails, end) }
	}})
}

func (l *lanes) walk(r *rand.Rand, t *limits.Turn, depth int, client any, fails bool, end func()) (again bool) {
	l.on()
	time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
	if r.IntN(3) == 0 {
		l.held.Add(-1)
		t.Leave(time.Minute, r.IntN(2) == 0)
		time.Sleep(time.Minute)
		t.Return(context.Background())
		l.on()
	}
	if fails && !t.Last() && t.PutOff() {
		l.held.Add(-1)
		l.again.Add(1)
		return true
	}
	if depth < 2 && r.IntN(2) == 0 {
		closed := make(chan struct{})
		l.lane(r, string(rune('a'+depth+1)), client, depth+1, 1+r.IntN(6), func() { close(closed) })
		l.held.Add(-1)
		t.LeaveForChildren()
		<-closed
		t.Return(context.Background())
		l.on()
	}
	l.held.Add(-1)
	l.done.Add(1)
	end()
	return false
}

// on takes note of a walk that goes on.
func (l *lanes) on() {
	if n := l.held.Add(1); n > l.most {
		l.t.Errorf("%d walks go on, and there are %d turns", n, l.most)
	}
}

// TestTurns proves that no more walks go on than there are turns, that every
// one is done, and that what waits for children or fails for now stops nothing.
func TestTurns(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			most := 1 + r.IntN(5)
			l := &lanes{turns: limits.NewTurns(most), most: int64(most), t: t}
			for i := range 1 + r.IntN(4) {
				l.lane(r, string(rune('A'+i)), i%2, 0, 1+r.IntN(12), func() {})
			}
			stop := make(chan struct{})
			l.turns.Run(stop)
			if l.done.Load() != l.made.Load() {
				t.Errorf("seed %d: %d of %d walks are done", seed, l.done.Load(), l.made.Load())
			}
		})
	}
}

// TestTurnsAreFair gives each of two groups its share, whatever the other one has.
func TestTurnsAreFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(4)
		var mu sync.Mutex
		var order []string
		for _, lane := range []struct {
			group string
			n     int
		}{{"many", 100}, {"few", 10}} {
			i := 0
			turns.Lane(limits.Lane{Group: lane.group, Client: 1, Next: func() func(*limits.Turn) bool {
				if i++; i > lane.n {
					return nil
				}
				return func(*limits.Turn) bool {
					mu.Lock()
					order = append(order, lane.group)
					mu.Unlock()
					time.Sleep(time.Second)
					return false
				}
			}})
		}
		turns.Run(make(chan struct{}))
		few := 0
		for _, group := range order[:24] {
			if group == "few" {
				few++
			}
		}
		if few != 10 {
			t.Errorf("%d of the first 24 walks were of the smaller group: %v", few, order[:24])
		}
	})
}
