package state_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/testshare"
)

var begin = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func day(n int) time.Time { return begin.AddDate(0, 0, n) }

// some returns a bookmark that random numbers choose, out of few passes,
// contexts and windows.
func some(r *rand.Rand) *state.Bookmark {
	b := &state.Bookmark{ReplicationKey: "u"}
	if r.IntN(4) > 0 {
		values := []string{`"2025-01-02T00:00:00Z"`, `"2025-01-03"`, `"2025-01-03T04:00:00+02:00"`, `"10"`, `9`, `"5a"`, `1e999999`, `2e999999`, `1736000000`, `1736000000123`, `"é"`, `""`}
		b.Value = json.RawMessage(values[r.IntN(len(values))])
	}
	if r.IntN(2) == 0 {
		b.Rows = &state.Rows{Set: fmt.Sprint("s", r.IntN(2)), Entries: int64(r.IntN(2))}
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
	b.Resume.Doubted = !b.Resume.Over && r.IntN(4) == 0
	p := progress.New()
	for range r.IntN(8) {
		i, from := uint64(r.IntN(4)), r.IntN(6)
		part := progress.Part{Key: fmt.Sprint(i, ".", from), Context: state.HashContext(contextOf(i)), Window: state.Window{Start: day(from), End: day(from + 1)}}
		o := state.Open{Partition: part.Key, Context: contextOf(i), Window: &part.Window, Next: json.RawMessage(fmt.Sprintf(`{"pages":%d}`, r.IntN(3)))}
		switch r.IntN(5) {
		case 0:
			p.Stand(part, o)
		case 1:
			p.Owe(part, o, true)
		case 2:
			p.FinishContext(part.Context)
		default:
			p.Finish(part)
		}
	}
	p.Save(b.Resume)
	if r.IntN(4) == 0 { // a stream of one partition, which failed
		b.Resume.Open = append(b.Resume.Open, state.Open{Partition: "only", Next: json.RawMessage(fmt.Sprintf(`{"pages":%d}`, r.IntN(3)))})
		b.Resume.Owed = append(b.Resume.Owed, state.Open{Partition: "only"})
	}
	if b.Resume.Over {
		b.Resume.Open, b.Resume.Done, b.Resume.Contexts = nil, nil, nil
	}
	if r.IntN(3) == 0 && !b.Resume.Over {
		b.Resume.Feeds = []state.Feed{someFeed(r)}
	}
	return b
}

// someFeed returns how far a parent is that has four windows.
func someFeed(r *rand.Rand) state.Feed {
	f := state.Feed{Stream: "shops", Pass: fmt.Sprint("f", r.IntN(5)/4), Over: r.IntN(4) == 0, Values: uint64(r.IntN(5) / 4)}
	if f.Over {
		return f
	}
	var done []state.Window
	for i := range 4 {
		w := state.Window{Start: day(2 * i), End: day(2*i + 1)}
		switch r.IntN(3) {
		case 0:
			done = append(done, w)
		case 1:
			f.Open = append(f.Open, state.Open{Partition: fmt.Sprint("x", i), Window: &w, Next: json.RawMessage(fmt.Sprintf(`{"pages":%d}`, r.IntN(3)))})
		}
	}
	if done != nil {
		f.Done = []state.Done{{Windows: done}}
	}
	return f
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
	both := text(t, ab)
	if other := text(t, ba); other != both {
		t.Fatalf("not commutative:\na %s\nb %s\nab %s\nba %s", text(t, a), text(t, b), both, other)
	}
	if aa := text(t, progress.Merge(ab, ab, order)); aa != both {
		t.Fatalf("not idempotent:\n%s\n%s", both, aa)
	}
	if again := text(t, progress.Merge(ab, b, order)); again != both {
		t.Fatalf("b twice:\na %s\nb %s\nab %s\nabb %s", text(t, a), text(t, b), both, again)
	}
	if now := text(t, ab); now != both {
		t.Fatalf("merging changed what was merged:\nbefore %s\nafter %s", both, now)
	}
	left, right := progress.Merge(ab, c, order), progress.Merge(a, progress.Merge(b, c, order), order)
	if text(t, left) != text(t, right) {
		t.Fatalf("not associative:\na %s\nb %s\nc %s\n(ab)c %s\na(bc) %s", text(t, a), text(t, b), text(t, c), text(t, left), text(t, right))
	}
}

func TestMergeIsASemilattice(t *testing.T) {
	for seed := range uint64(testshare.Seeds(4000)) {
		merges(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

// TestMerge holds what of two states counts.
func TestMerge(t *testing.T) {
	const (
		old    = `"pass":{"id":"p1","as_of":"2025-01-20T00:00:00Z"}`
		now    = `"pass":{"id":"p2","as_of":"2025-01-21T00:00:00Z"}`
		resume = `,"resume":[{"version":1,"as_of":"2025-01-20T00:00:00Z","from":null,"lookback":"0s","clock":null,"shape":"s",`
		next   = `"high":null,"restarts":0,"deferred":false,"frozen":false}`
		first  = `"window":{"start":"2025-01-01T00:00:00Z","end":"2025-01-02T00:00:00Z"},`
		second = `"window":{"start":"2025-01-03T00:00:00Z","end":"2025-01-04T00:00:00Z"},`
		both   = `{"start":"2025-01-01T00:00:00Z","end":"2025-01-02T00:00:00Z"}`
	)
	for _, tt := range []struct{ name, a, b, want, not string }{
		{"a stream of one partition that failed keeps its position",
			old + resume + `"open":[{"partition":"k","next":{"pages":3},` + next + `],"owed":["k"]}]`, old + resume + `"open":[{"partition":"k","next":{"pages":1},` + next + `],"owed":null}]`,
			`"open":[{"partition":"k","next":{"pages":3},`, ""},
		{"the later pass, and what the other owes",
			old + `,"replication_key_value":9` + resume + `"over":true,"open":null,"owed":[{"partition":"k",` + first + `"next":{"pages":3},` + next + `]}]`, now + `,"replication_key_value":8,"resume":null`,
			`"replication_key_value":8,` + now + `,"resume":[{"version":1,"as_of":"2025-01-21T00:00:00Z","from":null,"lookback":"","clock":null,"shape":"","over":true,"open":null,"owed":[{"partition":"k",` + first + `"next":{"pages":0,"records":0},`, ""},
		{"two ranges that are owed with one key",
			old + resume + `"over":true,"open":null,"owed":[{"partition":"k",` + first + `"next":{"pages":0},` + next + `]}]`, old + resume + `"over":true,"open":null,"owed":[{"partition":"k",` + second + `"next":{"pages":0},` + next + `]}]`,
			`"owed":[{"partition":"k",` + first + `"next":{"pages":0},` + next + `,{"partition":"k",` + second, ""},
		{"what is done is not open",
			old + resume + `"done":[{"context":"0","windows":[` + both + `]}],"open":null,"owed":null}]`, old + resume + `"open":[{"partition":"k",` + first + `"next":{"pages":3},` + next + `],"owed":null}]`,
			`"done":[{"context":"0","windows":[` + both + `]}],"open":null`, `"k"`},
		{"a doubt in either is one of the pass",
			old + resume + `"doubted":true,"open":null,"owed":null}]`, old + resume + `"done":[{"context":"0","windows":[` + both + `]}],"open":null,"owed":null}]`,
			`"doubted":true,"done":[{"context":"0","windows":[` + both + `]}]`, ""},
		{"a parent came as far as in the state in which it came less far",
			old + resume + `"feeds":[{"stream":"s","pass":"f","over":true,"shape":"","open":null}],"open":null,"owed":null}]`, old + resume + `"feeds":[{"stream":"s","pass":"f","shape":"","open":[{"partition":"k","next":{"pages":2},` + next + `]}],"open":null,"owed":null}]`,
			`"feeds":[{"stream":"s","pass":"f","shape":"","open":[{"partition":"k","next":{"pages":2},`, `"over"`},
		{"a parent of which the other knows nothing comes again",
			old + resume + `"feeds":[{"stream":"s","pass":"f","over":true,"shape":"","open":null}],"open":null,"owed":null}]`, old + resume + `"open":null,"owed":null}]`,
			`"shape":"s"`, `"feeds"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
				got := text(t, progress.Merge(bookmarkOf(t, pair[0]), bookmarkOf(t, pair[1]), state.Order{}))
				if !strings.Contains(got, tt.want) || tt.not != "" && strings.Contains(got, tt.not) {
					t.Errorf("got %s\nwant %s, without %s", got, tt.want, tt.not)
				}
			}
		})
	}
}

func bookmarkOf(t *testing.T, bookmark string) *state.Bookmark {
	t.Helper()
	s, err := state.ParseSinger("f", []byte(`{"bookmarks":{"orders":{`+bookmark+`}}}`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Bookmark("f", "orders", "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzMerge(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed*7)
	}
	f.Fuzz(func(t *testing.T, x, y uint64) { merges(t, rand.New(rand.NewPCG(x, y))) })
}

// TestMergeStates proves that streams of one state stay as they are, and that
// what another tap wrote is not taken for nothing.
func TestMergeStates(t *testing.T) {
	const p1, p2 = `{"replication_key":"u","replication_key_value":1,"pass":{"id":"p1","as_of":"2025-01-20T00:00:00Z"},"resume":null}`, `{"replication_key":"u","replication_key_value":2,"pass":{"id":"p2","as_of":"2025-01-21T00:00:00Z"},"resume":null}`
	for _, tt := range []struct{ name, a, b, want string }{
		{"in one of them", `"a":{"u":1}`, ``, `{"bookmarks":{"a":{"u":1}}}`},
		{"the same", `"a":{"u":1}`, `"a":{"u": 1}`, `{"bookmarks":{"a":{"u":1}}}`},
		{"two passes", `"a":` + p1, `"a":` + p2, `{"bookmarks":{"a":` + p2 + `}}`},
		{"null says nothing", `"a":` + p1, `"a":null`, `{"bookmarks":{"a":` + p1 + `}}`},
		{"another tap's", `"a":{"u":1}`, `"a":` + p2, "state f: bookmarks.a: another state says something else of the stream"},
		{"two of another tap", `"a":{"u":1}`, `"a":{"u":2}`, "state f: bookmarks.a: another state says something else of the stream"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
				got := ""
				one, err := progress.MergeStates(states(t, pair[0]), states(t, pair[1]), "f")
				if err != nil {
					got = err.Error()
				} else {
					got = string(one.AppendSinger(nil))
				}
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
}

func states(t *testing.T, bookmarks string) *state.State {
	t.Helper()
	s, err := state.ParseSinger("f", []byte(`{"bookmarks":{`+bookmarks+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMergeParents: the least time holds, and the parent's contexts are known only
// where both states name the same.
func TestMergeParents(t *testing.T) {
	at := day(3)
	since := func(contexts uint64) *state.Bookmark {
		return &state.Bookmark{Pass: &state.Pass{ID: "p", AsOf: day(4)}, Parents: map[string]state.Since{"shops": {At: &at, Shape: "s", Contexts: contexts}}}
	}
	for _, c := range []struct{ a, b, want uint64 }{{7, 7, 7}, {7, 9, 0}, {9, 7, 0}, {0, 7, 0}} {
		if got := progress.Merge(since(c.a), since(c.b), state.Order{}).Parents["shops"].Contexts; got != c.want {
			t.Errorf("%d and %d made %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestMergeFiles: of the files of a listing, those are read that both states say so of,
// and the listing is asked from where the less far one is.
func TestMergeFiles(t *testing.T) {
	at := func(day int) *time.Time {
		one := time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC)
		return &one
	}
	pass := &state.Pass{ID: "p", AsOf: *at(9)}
	over := func(day int, files ...uint64) *state.Bookmark {
		return &state.Bookmark{Pass: pass, Parents: map[string]state.Since{"l": {At: at(day), Shape: "s", Files: files, Known: files}}}
	}
	fed := func(listed *state.Listed, over bool) *state.Bookmark {
		return &state.Bookmark{Pass: pass, Resume: &state.Resume{Version: state.Version, AsOf: *at(9), Feeds: []state.Feed{{Stream: "l", Pass: "q", Over: over, Listed: listed}}}}
	}
	for _, two := range [][2]*state.Bookmark{{over(3, 1, 2, 3), over(2, 2, 3, 4)}, {over(2, 2, 3, 4), over(3, 1, 2, 3)}} {
		got := progress.Merge(two[0], two[1], state.Order{}).Parents["l"]
		if !got.At.Equal(*at(2)) || !slices.Equal(got.Files, state.Contexts{2, 3}) || !slices.Equal(got.Known, state.Contexts{2, 3}) {
			t.Errorf("got %v %v %v", got.At, got.Files, got.Known)
		}
	}
	for _, both := range []bool{false, true} {
		a, b := fed(&state.Listed{High: at(3), Files: state.Contexts{1, 2}, Least: at(2)}, both), fed(&state.Listed{High: at(4), Files: state.Contexts{2, 3}}, true)
		for _, two := range [][2]*state.Bookmark{{a, b}, {b, a}} {
			got := progress.Merge(two[0], two[1], state.Order{}).Resume.Feeds[0].Listed
			if got == nil || !got.High.Equal(*at(3)) || !slices.Equal(got.Files, state.Contexts{2}) || got.Least == nil || !got.Least.Equal(*at(2)) {
				t.Errorf("got %+v", got)
			}
		}
		if got := progress.Merge(a, fed(nil, true), state.Order{}).Resume.Feeds[0].Listed; got != nil {
			t.Errorf("got %+v of a state without files", got)
		}
	}
}
