package progress_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
)

var begin = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func day(n int) time.Time { return begin.AddDate(0, 0, n) }

// some returns a bookmark that random numbers choose, out of few passes,
// contexts and windows.
func some(r *rand.Rand) *state.Bookmark {
	b := &state.Bookmark{ReplicationKey: "u"}
	if r.IntN(4) > 0 {
		b.Value = json.RawMessage(fmt.Sprintf(`"2025-01-%02dT00:00:00Z"`, 1+r.IntN(9)))
	}
	if r.IntN(8) == 0 {
		return b
	}
	pass := r.IntN(3)
	b.Pass = &state.Pass{ID: fmt.Sprint("p", pass), AsOf: day(20 + pass/2)}
	for i := range uint64(4) {
		if r.IntN(3) == 0 {
			b.Contexts = append(b.Contexts, state.HashContext(contextOf(i)))
		}
	}
	slices.Sort(b.Contexts)
	if r.IntN(4) == 0 {
		return b
	}
	b.Resume = &state.Resume{Version: state.Version, AsOf: b.Pass.AsOf, Shape: fmt.Sprint("s", r.IntN(8)/7), Over: r.IntN(5) == 0}
	p := progress.New()
	for range r.IntN(8) {
		i, from := uint64(r.IntN(4)), r.IntN(6)
		part := progress.Part{Key: fmt.Sprint(i, ".", from), Context: state.HashContext(contextOf(i)), Window: state.Window{Start: day(from), End: day(from + 1)}}
		o := state.Open{Partition: part.Key, Context: contextOf(i), Window: &part.Window, Next: json.RawMessage(fmt.Sprintf(`{"pages":%d}`, r.IntN(3)))}
		switch r.IntN(5) {
		case 0:
			p.Stand(part, o)
		case 1:
			p.Owe(part, o)
		case 2:
			p.FinishContext(part.Context)
		default:
			p.Finish(part)
		}
	}
	p.Save(b.Resume)
	if b.Resume.Over {
		b.Resume.Open, b.Resume.Done, b.Resume.Contexts = nil, nil, nil
	}
	if r.IntN(3) == 0 && !b.Resume.Over {
		b.Resume.Feeds = []state.Feed{{Stream: "shops", Pass: fmt.Sprint("f", r.IntN(2)), Over: r.IntN(2) == 0,
			Open: []state.Open{{Partition: "x", Next: json.RawMessage(fmt.Sprintf(`{"pages":%d}`, r.IntN(3)))}}}}
	}
	return b
}

func contextOf(i uint64) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"account":%d}`, i)) }

// text is a bookmark as a state has it.
func text(t testing.TB, b *state.Bookmark) string {
	t.Helper()
	s := &state.State{}
	s.Set("orders", b)
	return string(s.AppendSinger(nil))
}

// merges wants a merge that is associative, commutative and idempotent.
func merges(t testing.TB, r *rand.Rand) {
	t.Helper()
	var order state.Order
	a, b, c := some(r), some(r), some(r)
	ab, ba := progress.Merge(a, b, order), progress.Merge(b, a, order)
	if text(t, ab) != text(t, ba) {
		t.Fatalf("not commutative:\na %s\nb %s\nab %s\nba %s", text(t, a), text(t, b), text(t, ab), text(t, ba))
	}
	aa := progress.Merge(ab, ab, order)
	if text(t, aa) != text(t, ab) {
		t.Fatalf("not idempotent:\n%s\n%s", text(t, ab), text(t, aa))
	}
	if again := progress.Merge(ab, b, order); text(t, again) != text(t, ab) {
		t.Fatalf("b twice:\na %s\nb %s\nab %s\nabb %s", text(t, a), text(t, b), text(t, ab), text(t, again))
	}
	left, right := progress.Merge(ab, c, order), progress.Merge(a, progress.Merge(b, c, order), order)
	if text(t, left) != text(t, right) {
		t.Fatalf("not associative:\na %s\nb %s\nc %s\n(ab)c %s\na(bc) %s", text(t, a), text(t, b), text(t, c), text(t, left), text(t, right))
	}
}

func TestMerge(t *testing.T) {
	for seed := range uint64(20000) {
		merges(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

func FuzzMerge(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed*7)
	}
	f.Fuzz(func(t *testing.T, x, y uint64) { merges(t, rand.New(rand.NewPCG(x, y))) })
}
