package state_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/testshare"
)

// TestMerger: many states say together what they say merged one by one.
func TestMerger(t *testing.T) {
	for seed := range uint64(testshare.Seeds(100)) {
		r := rand.New(rand.NewPCG(seed, 3))
		m, want := progress.NewMerger("f"), &state.State{}
		for range r.IntN(20) {
			s := &state.State{}
			for stream := range 3 {
				if b := some(r); b.Pass != nil && r.IntN(2) == 0 {
					s.Set(fmt.Sprint("s", stream), b)
				}
			}
			again, err := state.ParseSinger("f", s.AppendSinger(nil))
			if err != nil {
				t.Fatal(err)
			}
			one, err := progress.MergeStates(want, again, "f")
			if other := m.Add(s); err != nil || other != nil {
				t.Fatalf("seed %d: %v, merged one by one %v", seed, other, err)
			}
			want = one
		}
		got, err := m.State()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range want.Names() {
			if a, b := bookmarkIn(t, got, name), bookmarkIn(t, want, name); a != b {
				t.Fatalf("seed %d: %s is\n%s\nmerged one by one\n%s", seed, name, a, b)
			}
		}
	}
}

func bookmarkIn(t *testing.T, s *state.State, name string) string {
	t.Helper()
	b, err := s.Bookmark("f", name, "")
	if err != nil || b == nil {
		t.Fatalf("%s: %v, %v", name, b, err)
	}
	return text(t, progress.Merge(b, b, state.Order{}))
}

// scattered are the windows of a stream without contexts, each in a state of its own, in
// an order in which they hardly touch.
func scattered(n int) []*state.State {
	all := make([]*state.State, n)
	for i := range all {
		p := progress.New()
		p.Finish(progress.Part{Key: "k", Window: state.Window{Start: day(i), End: day(i + 1)}})
		r := &state.Resume{Version: state.Version, AsOf: day(n), Shape: "s"}
		p.Save(r)
		all[i] = &state.State{}
		all[i].Set("orders", &state.Bookmark{ReplicationKey: "u", Pass: &state.Pass{ID: "p", AsOf: day(n)}, Resume: r})
	}
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(n, func(a, b int) { all[a], all[b] = all[b], all[a] })
	return all
}

// TestMergeManyWindows: what merging costs grows as the number of the windows, however
// they lie scattered.
func TestMergeManyWindows(t *testing.T) {
	allocated := func(n int) float64 {
		all := scattered(n)
		return testing.AllocsPerRun(1, func() {
			m := progress.NewMerger("f")
			for _, s := range all {
				if err := m.Add(s); err != nil {
					t.Fatal(err)
				}
			}
			s, err := m.State()
			if err != nil {
				t.Fatal(err)
			}
			b, _ := s.Bookmark("f", "orders", "")
			want := []state.Window{{Start: day(0), End: day(n)}}
			if !slices.EqualFunc(b.Resume.Done[0].Windows, want, func(a, b state.Window) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }) {
				t.Fatalf("%d windows are left of %d", len(b.Resume.Done[0].Windows), n)
			}
		}) / float64(n)
	}
	few, many := allocated(500), allocated(4000)
	if many > 1.5*few {
		t.Errorf("a window of 4000 takes %.0f allocations, of 500 %.0f", many, few)
	}
	t.Logf("%.0f and %.0f allocations", few, many)
}

// BenchmarkMerger reports what merging the state of a part costs.
func BenchmarkMerger(b *testing.B) {
	all := scattered(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	m := progress.NewMerger("f")
	for _, s := range all {
		if err := m.Add(s); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := m.State(); err != nil {
		b.Fatal(err)
	}
}
