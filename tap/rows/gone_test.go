package rows_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rows"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// TestGoneByAnEarlierPass proves that a pass which goes on after a later one was lost
// does not miss what only that one has read, and that the next pass does.
func TestGoneByAnEarlierPass(t *testing.T) {
	dir, day := t.TempDir(), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	pass := func(named *state.Rows, began int, want string, ids ...int) *state.Rows {
		t.Helper()
		f := &rows.Folder{Dir: dir, Header: rowset.Header{Of: "keys of orders id"}, Now: day.AddDate(0, 1, 0)}
		r, err := f.Keys(named, false, day.AddDate(0, 0, began))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		n := r.KeyNoter([]string{"id"})
		for _, id := range ids {
			noted, _ := n.Note(nil, fmt.Appendf(nil, `{"id":%d}`, id), nil)
			r.Add(noted, 1)
		}
		gone, err := r.Gone()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := gone.Each(func(key []byte) error { got = append(got, string(key)); return nil }); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(got, " "); all != want || gone.Count != int64(len(got)) {
			t.Errorf("the pass of day %d misses %s, and counts %d; want %s", began, all, gone.Count, want)
		}
		if err := gone.Take(); err != nil {
			t.Fatal(err)
		}
		return r.State()
	}
	first := pass(nil, 1, "", 1, 2, 3)
	pass(first, 3, `{"id":3}`, 1, 2, 4) // its state is lost
	second := pass(first, 2, `{"id":3}`, 1)
	pass(second, 4, `{"id":2} {"id":4}`, 1)
}

// TestGoneForOlderStates proves that a target which comes back with the state of some
// passes before gets a mark for each of its rows that is gone meanwhile, that a state
// of today gets none twice, and that the files do not grow in number.
func TestGoneForOlderStates(t *testing.T) {
	const passes, rowsAtFirst = 40, 60
	dir, began := t.TempDir(), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	pass := func(named *state.Rows, n, first int) (marked []string, next *state.Rows) {
		t.Helper()
		at := began.Add(time.Duration(n) * time.Hour)
		f := &rows.Folder{Dir: dir, Header: rowset.Header{Of: "keys of orders id"}, Now: at}
		r, err := f.Keys(named, false, at)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		noter := r.KeyNoter([]string{"id"})
		for id := first; id < rowsAtFirst; id++ {
			noted, _ := noter.Note(nil, fmt.Appendf(nil, `{"id":%d}`, id), nil)
			r.Add(noted, 1)
		}
		gone, err := r.Gone()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(gone.Each(func(key []byte) error { marked = append(marked, string(key)); return nil }), gone.Take()); err != nil {
			t.Fatal(err)
		}
		return marked, r.State()
	}
	states := make([]*state.Rows, passes+1)
	for n := range passes {
		var marked []string
		if marked, states[n+1] = pass(states[n], n, n); n > 0 && len(marked) != 1 {
			t.Fatalf("pass %d marks %s", n, marked)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 20 {
		t.Errorf("%d files", len(names))
	}
	for _, back := range []int{1, 2, 5, 30} {
		marked, _ := pass(states[passes-back], passes+back, passes)
		for id := passes - back - 1; id < passes; id++ {
			if !slices.Contains(marked, fmt.Sprintf(`{"id":%d}`, id)) {
				t.Errorf("%d passes back, %d is not marked: %s", back, id, marked)
			}
		}
	}
}
