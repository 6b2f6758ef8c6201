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
					got = append(got, m.See(fmt.Appendf(nil, `{"id":%q,"text":%q}`, r[:1], r), []byte(r[1:2])))
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
		if got := m.See([]byte(`{"id":1}`), nil); got != none {
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
