package rows_test

import (
	"fmt"
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
		gone.Take()
		return r.State()
	}
	first := pass(nil, 1, "", 1, 2, 3)
	pass(first, 3, `{"id":3}`, 1, 2, 4) // its state is lost
	second := pass(first, 2, `{"id":3}`, 1)
	pass(second, 4, `{"id":2} {"id":4}`, 1)
}
