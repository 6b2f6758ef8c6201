package tap_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// TestTwinsSee holds what records of pages are against earlier ones.
func TestTwinsSee(t *testing.T) {
	const none, part, again, changed, beside = twins.None, twins.Part, twins.Again, twins.Changed, twins.Beside
	type page struct {
		asked   bool // again, since the walk went back
		records []string
		want    []twins.Kind
	}
	for _, tt := range []struct {
		name  string
		pages []page
	}{
		{"nothing comes again", []page{{true, []string{"1a", "2a"}, []twins.Kind{none, none}}, {false, []string{"3a"}, []twins.Kind{none}}}},
		{"on one page", []page{{true, []string{"1a", "1a", "1b", "1b+"}, []twins.Kind{none, none, beside, beside}}}},
		{"on the next page", []page{{true, []string{"1a", "2a"}, []twins.Kind{none, none}}, {false, []string{"2a", "1b"}, []twins.Kind{again, changed}}}},
		{"in parts, over two pages", []page{{true, []string{"1a"}, []twins.Kind{none}}, {false, []string{"1a+"}, []twins.Kind{part}}}},
		{"the walk went back", []page{
			{true, []string{"1a"}, []twins.Kind{none}}, {false, []string{"2a"}, []twins.Kind{none}},
			{true, []string{"1a", "2b"}, []twins.Kind{none, none}}, {false, []string{"3a", "1a"}, []twins.Kind{none, again}},
		}},
		{"went back past what was changed", []page{{true, []string{"1a"}, []twins.Kind{none}}, {true, []string{"1a+"}, []twins.Kind{part}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := twins.New([]string{"id"}, false)
			for n, p := range tt.pages {
				var got []twins.Kind
				for _, r := range p.records {
					m.Begin(!p.asked) // each record is a piece of the page
					kind, _ := m.See(fmt.Appendf(nil, `{"id":%q,"text":%q}`, r[:1], r), []byte(r[1:2]))
					got = append(got, kind)
				}
				m.End()
				if !slices.Equal(got, p.want) {
					t.Errorf("page %d: got %v, want %v", n, got, p.want)
				}
			}
		})
	}
	m := twins.New(nil, true)
	for range 2 {
		m.Begin(true)
		if got, key := m.See([]byte(`{"id":1}`), nil); got != none || key != 0 {
			t.Errorf("without a primary key: got %v, want none", got)
		}
		m.End()
	}
}

// TestTwinsMoved says which twins show that rows moved.
func TestTwinsMoved(t *testing.T) {
	for counting, want := range map[paging.Counting][]twins.Kind{
		paging.Uncounted: nil, paging.SeemsCounted: {twins.Again}, paging.Counted: {twins.Again, twins.Changed},
	} {
		for _, kind := range []twins.Kind{twins.None, twins.Part, twins.Again, twins.Changed, twins.Beside, twins.Elsewhere} {
			if got := kind.Moved(counting); got != slices.Contains(want, kind) {
				t.Errorf("twin %v, counting %v: got %t", kind, counting, got)
			}
		}
	}
}

// TestTwinsKeys: what has the same key has the same number, and nothing else has.
func TestTwinsKeys(t *testing.T) {
	for _, tt := range []struct {
		keys    []string
		records []string // in groups of one key, "" between them; the last have none
	}{
		{[]string{"id"}, []string{`{"id":1,"x":1}`, `{"id":1}`, "", `{"id":"1"}`, "", `{"id":0}`, "", `{"id":-1}`, "", `{"id":1.5}`, "",
			`{"id":999999999999999999}`, "", `{"id":9999999999999999999}`, "", `{"x":1}`, `{"id":null}`, `{}`}},
		{[]string{"a", "b"}, []string{`{"a":1,"b":null}`, `{"b":null,"a":1,"c":2}`, "", `{"a":null,"b":1}`, "", `{"a":1,"b":2}`, "", `{"a":2,"b":1}`, "", `{"a":1}`, `{"b":1}`}},
	} {
		m, seen, last := twins.New(tt.keys, true), map[uint64]int{}, 0
		for _, r := range tt.records {
			if r == "" {
				last++
			}
		}
		group := 0
		for i, r := range tt.records {
			if r == "" {
				group++
				continue
			}
			_, key := m.See([]byte(r), nil)
			if (key == 0) != (group == last) || key == 0 && len(m.Last()) > 0 {
				t.Errorf("%s: got the number %d of the key %s", r, key, m.Last())
			}
			if of, ok := seen[key]; ok && of != group {
				t.Errorf("record %d, %s, has the number of another key", i, r)
			}
			seen[key] = group
		}
		if len(seen) != last+1 {
			t.Errorf("%v: %d numbers for %d keys", tt.keys, len(seen), last+1)
		}
	}
}

// TestTwinsAcross holds what walks of one stream know of each other's keys, of few
// and of more than are remembered.
func TestTwinsAcross(t *testing.T) {
	for _, n := range []int{10, 50_000} {
		var all twins.Across
		twice, walks := 0, []twins.Walk{{Context: 1, Key: "a"}, {Context: 2, Key: "b"}, {Context: 2, Key: "b2"}, {Context: 1, Key: "a"}}
		for i, w := range walks {
			m := twins.New([]string{"id"}, true)
			m.Join(&all, w)
			if i == 1 {
				if got, exactly := all.Different(int64(n)); got != int64(n) || !exactly {
					t.Errorf("after the first of %d: got %d, %t", n, got, exactly)
				}
			}
			for id := range n {
				kind, _ := m.See(fmt.Appendf(nil, `{"id":%d,"of":%d}`, id, i), nil)
				if kind == twins.Elsewhere {
					twice++
				} else if kind != twins.None {
					t.Fatalf("got %v", kind)
				}
			}
		}
		if least := min(2*n, 1000); twice < least || twice > 2*n {
			t.Errorf("%d of %d came elsewhere", twice, n)
		}
		if got, exactly := all.Different(int64(2 * n)); exactly != (n == 10) || exactly && got != int64(n) {
			t.Errorf("of %d: got %d, %t", n, got, exactly)
		}
	}
}

// BenchmarkTwinsAcross reports what the other walks cost for each record.
func BenchmarkTwinsAcross(b *testing.B) {
	for _, n := range []int{100, 100_000, 2_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := []byte(`{"id":0000000,"name":"somebody","at":"2025-01-01T00:00:00Z"}`)
			for _, join := range []bool{false, true} {
				b.Run(fmt.Sprint(join), func(b *testing.B) {
					b.ReportAllocs()
					m := twins.New([]string{"id"}, false)
					if join {
						m.Join(new(twins.Across), twins.Walk{Context: 1, Key: "a"})
					}
					i := 0
					for b.Loop() {
						i = (i + 1) % n
						for k, v := 12, i; k > 5; k, v = k-1, v/10 {
							text[k] = '0' + byte(v%10)
						}
						m.See(text, nil)
						if i == 0 {
							m.End()
						}
					}
				})
			}
		})
	}
}
