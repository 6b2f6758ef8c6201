package state_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/testshare"
)

// ends is how a part ends.
type ends struct {
	part progress.Part
	how  int // 0: done, 1: owed, 2: open
}

// someParts returns parts of some contexts, each with an end of its own: days
// apart or side by side.
func someParts(r *rand.Rand) (all []ends) {
	for context := range uint64(1 + r.IntN(4)) {
		for d := range 8 {
			if r.IntN(4) > 0 {
				w := state.Window{Start: day(d), End: day(d + 1)}
				all = append(all, ends{progress.Part{Key: fmt.Sprint(context, ".", d), Context: context + 1, Window: w}, r.IntN(3)})
			}
		}
	}
	return all
}

// take brings a part to its end, by way of some pages.
func (e ends) take(p *progress.Pass, r *rand.Rand) {
	o := state.Open{Partition: e.part.Key, Context: contextOf(e.part.Context), Window: &e.part.Window, Next: []byte(`{"pages":1}`)}
	for range r.IntN(3) {
		p.Stand(e.part, o)
	}
	switch e.how {
	case 0:
		p.Finish(e.part)
	case 1:
		p.Owe(e.part, o, false)
	default:
		p.Stand(e.part, o)
	}
}

// saved is a pass as a state has it. Of what is owed, ranges count.
func saved(p *progress.Pass) state.Resume {
	var r state.Resume
	p.Save(&r)
	for i := range r.Owed {
		r.Owed[i] = state.Open{Context: r.Owed[i].Context, Window: r.Owed[i].Window}
	}
	return r
}

// load is the pass that a state goes on with.
func load(p *progress.Pass) *progress.Pass {
	var r state.Resume
	p.Save(&r)
	return progress.Load(&r, func(o *state.Open) progress.Part {
		one := progress.Part{Key: o.Partition, Window: *o.Window}
		if _, err := fmt.Sscanf(string(o.Context), `{"account":%d}`, &one.Context); err != nil {
			panic(err)
		}
		return one
	})
}

// TestAnyOrder proves that parts may end in any order, with breaks in between: the
// state is the same, and asks for what is left, no more and no less.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(testshare.Seeds(3000)) {
		r := rand.New(rand.NewPCG(seed, 2))
		all := someParts(r)
		one, other := progress.New(), progress.New()
		for _, e := range all {
			e.take(one, r)
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, e := range all {
			if e.take(other, r); r.IntN(8) == 0 {
				other = load(other)
			}
		}
		if a, b := saved(one), saved(other); !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: in order\n%+v\nin another\n%+v", seed, a, b)
		}
		needs(t, seed, other, all)
	}
}

// needs wants Need to return all days that nothing is known of, and Reached the
// first one that is neither done nor owed.
func needs(t *testing.T, seed uint64, p *progress.Pass, all []ends) {
	t.Helper()
	for context := uint64(1); context <= 4; context++ {
		known := map[int]int{} // how a day ended, plus one
		for _, e := range all {
			if e.part.Context == context {
				known[int(e.part.Window.Start.Sub(begin).Hours()/24)] = e.how + 1
			}
		}
		left := map[int]bool{}
		for _, w := range p.Need(context, state.Window{Start: day(0), End: day(8)}) {
			for at := w.Start; at.Before(w.End); at = at.AddDate(0, 0, 1) {
				left[int(at.Sub(begin).Hours()/24)] = true
			}
		}
		reached := 0
		for known[reached] == 1 || known[reached] == 2 {
			reached++
		}
		for d := range 8 {
			if left[d] != (known[d] == 0) {
				t.Fatalf("seed %d: context %d, day %d: left %v, known %d", seed, context, d, left[d], known[d])
			}
		}
		if got := p.Reached(context, begin); !got.Equal(day(reached)) {
			t.Fatalf("seed %d: context %d: reached %s, want %s", seed, context, got, day(reached))
		}
	}
}

// TestContexts proves that many contexts are kept, each once, and asked for no
// more.
func TestContexts(t *testing.T) {
	const many = 100_000
	p := progress.New()
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(many) {
		p.Stand(progress.Part{Key: fmt.Sprint(i), Context: uint64(i + 1)}, state.Open{})
		p.Finish(progress.Part{Key: fmt.Sprint(i), Context: uint64(i + 1)})
		p.FinishContext(uint64(i + 1))
		p.FinishContext(uint64(i + 1))
	}
	var r state.Resume
	p.Save(&r)
	if len(r.Contexts) != many || r.Contexts[0] != 1 || r.Contexts[many-1] != many || len(r.Open)+len(r.Done) > 0 {
		t.Fatalf("%d contexts, %d open, %d done", len(r.Contexts), len(r.Open), len(r.Done))
	}
	if p.Is(0) || p.Is(many+1) || !p.Is(7) || len(p.Need(7, state.Window{})) > 0 || len(p.Need(many+1, state.Window{})) != 1 {
		t.Error("what is done is asked for, or what is not is not")
	}
}

// TestMostOwed proves that a pass owes so many ranges, and says when there are
// more; days side by side are one.
func TestMostOwed(t *testing.T) {
	p := progress.New()
	owe := func(d int) bool {
		w := state.Window{Start: day(d), End: day(d + 1)}
		return p.Owe(progress.Part{Key: fmt.Sprint(d), Window: w}, state.Open{Partition: fmt.Sprint(d), Window: &w}, false)
	}
	for i := range progress.MostOwed {
		if !owe(2 * i) {
			t.Fatalf("range %d is not owed", i)
		}
	}
	if owe(2 * progress.MostOwed) {
		t.Error("one more is owed")
	}
	if !owe(1) || len(saved(p).Owed) != progress.MostOwed-1 {
		t.Errorf("a day between two ranges makes them one: got %d ranges", len(saved(p).Owed))
	}
}

// TestDropOwed: what is dropped is neither owed nor done, and leaves room for as much
// that is owed; what is open stays.
func TestDropOwed(t *testing.T) {
	p := progress.New()
	one := func(context uint64, d int) progress.Part {
		return progress.Part{Key: fmt.Sprint(context, ".", d), Context: context, Window: state.Window{Start: day(d), End: day(d + 1)}}
	}
	for i := range progress.MostOwed {
		part := one(uint64(1+i%2), 2*i)
		p.Owe(part, state.Open{Partition: part.Key, Context: contextOf(part.Context), Window: &part.Window}, false)
	}
	open := one(1, 5*progress.MostOwed)
	p.Stand(open, state.Open{Partition: open.Key, Context: contextOf(1), Window: &open.Window})
	p.FinishContext(1)
	p.FinishContext(2)
	p = load(p)
	dropped := p.DropOwed(func(context uint64) bool { return context == 1 })
	r := saved(p)
	if len(dropped) != progress.MostOwed/2 || len(r.Owed) != progress.MostOwed/2 || len(r.Open) != 1 || p.Is(1) || !p.Is(2) || !reflect.DeepEqual(r.Contexts, state.Contexts{2}) {
		t.Errorf("%d are dropped, %d owed, %d open; done %v", len(dropped), len(r.Owed), len(r.Open), r.Contexts)
	}
	if part := one(3, 0); !p.Owe(part, state.Open{Partition: part.Key}, false) {
		t.Error("there is no room for what is owed")
	}
}
