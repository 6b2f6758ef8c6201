package tap_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// TestPlanFileShareOwn: what of a state concerns one partition does not grow with the plan, and
// says, merged with the state of the plan, all that the whole state says.
func TestPlanFileShareOwn(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	contexts := 1000
	if testing.Short() {
		contexts = 200
	}
	context := func(n int) json.RawMessage { return fmt.Appendf(nil, `{"account":"%d"}`, n) }
	hash := func(n int) uint64 { return state.HashContext(context(n)) }
	open := func(n int) state.Open {
		return state.Open{Partition: fmt.Sprint("p", n), Context: context(n), Window: &state.Window{Start: day(0), End: day(1)}, Next: json.RawMessage(`{"pages":1}`)}
	}
	of := func(change func(*state.Bookmark)) *state.State {
		b := &state.Bookmark{ReplicationKey: "at", Value: json.RawMessage(`"2026-01-01"`), Pass: &state.Pass{ID: "p", AsOf: day(9)},
			Resume: &state.Resume{Version: state.Version, AsOf: day(9), Shape: "s"}}
		for n := range contexts {
			b.Contexts = append(b.Contexts, hash(n))
			b.Resume.Done = append(b.Resume.Done, state.Done{Context: hash(n), Windows: []state.Window{{Start: day(3), End: day(4)}}})
			if n%10 == 5 {
				b.Resume.Owed = append(b.Resume.Owed, open(n))
			}
			if n%10 == 6 {
				b.Resume.Open = append(b.Resume.Open, open(n))
			}
		}
		slices.Sort(b.Contexts)
		change(b)
		slices.SortFunc(b.Resume.Done, func(a, b state.Done) int { return cmp.Compare(a.Context, b.Context) })
		for _, all := range [][]state.Open{b.Resume.Open, b.Resume.Owed} {
			slices.SortFunc(all, func(a, b state.Open) int { return cmp.Compare(a.Partition, b.Partition) })
		}
		s := &state.State{}
		s.Set("orders", b)
		s.Set("other", &state.Bookmark{Pass: &state.Pass{ID: "q", AsOf: day(9)}})
		return s
	}
	begun := of(func(*state.Bookmark) {})
	for _, c := range []struct {
		name   string
		n      int
		change func(*state.Bookmark)
	}{
		{"nothing", 7, func(*state.Bookmark) {}},
		{"a window is done", 7, func(b *state.Bookmark) {
			b.Resume.Done[7].Windows = append([]state.Window{{Start: day(0), End: day(1)}}, b.Resume.Done[7].Windows...)
		}},
		{"a context is done", 7, func(b *state.Bookmark) { b.Resume.Contexts = state.Contexts{hash(7)} }},
		{"it came further", 6, func(b *state.Bookmark) { b.Resume.Open[0].Next = json.RawMessage(`{"pages":5}`) }},
		{"it is owed", 7, func(b *state.Bookmark) { b.Resume.Owed = append(b.Resume.Owed, open(7)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, _ := json.Marshal(planfile.Planned{Stream: "orders", Partition: fmt.Sprint("p", c.n), Context: context(c.n), Way: "new", Window: &state.Window{Start: day(0), End: day(1)}})
			plan := fmt.Sprintf("{\"plan\":1,\"shapes\":{\"orders\":\"s\"},\"state\":%s}\n%s\n{\"end\":1}\n", begun.AppendSinger(nil), line)
			share, err := planfile.Read("plan", strings.NewReader(plan), func(int, string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			own, err := share.Own(of(c.change))
			if err != nil {
				t.Fatal(err)
			}
			if size := len(own.AppendSinger(nil)); size > 1000 {
				t.Errorf("it takes %d bytes, of %d", size, len(begun.AppendSinger(nil)))
			}
			var merged [2]string
			for i, one := range []*state.State{own, of(c.change)} {
				all, err := progress.MergeStates(of(func(*state.Bookmark) {}), one, "a test")
				if err != nil {
					t.Fatal(err)
				}
				merged[i] = string(all.AppendSinger(nil))
			}
			if merged[0] != merged[1] {
				at := 0
				for merged[0][at] == merged[1][at] {
					at++
				}
				t.Errorf("merged, it says\n…%.300s\nwant\n…%.300s", merged[0][max(0, at-100):], merged[1][max(0, at-100):])
			}
		})
	}
}
