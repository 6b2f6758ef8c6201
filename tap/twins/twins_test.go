package twins_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// TestSee holds what records of pages are against earlier ones.
func TestSee(t *testing.T) {
	const none, part, again, changed = twins.None, twins.Part, twins.Again, twins.Changed
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
		{"on one page", []page{{true, []string{"1a", "1a", "1b", "1b+"}, []twins.Kind{none, none, none, part}}}},
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

// TestMoved says which twins show that rows moved.
func TestMoved(t *testing.T) {
	for counting, want := range map[paging.Counting][]twins.Kind{
		paging.Uncounted: nil, paging.SeemsCounted: {twins.Again}, paging.Counted: {twins.Again, twins.Changed},
	} {
		for _, kind := range []twins.Kind{twins.None, twins.Part, twins.Again, twins.Changed} {
			if got := kind.Moved(counting); got != slices.Contains(want, kind) {
				t.Errorf("twin %v, counting %v: got %t", kind, counting, got)
			}
		}
	}
}

// TestKeys: what has the same key has the same number, and nothing else has.
func TestKeys(t *testing.T) {
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
