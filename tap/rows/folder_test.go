package rows_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rows"
	"github.com/tap-rest/tap-rest/tap/rowset"
	"github.com/tap-rest/tap-rest/testrig"
)

// cellar is a folder, and the runs that use it, a day apart.
type cellar struct {
	t   *testing.T
	dir string
	now time.Time
}

func newCellar(t *testing.T) *cellar {
	return &cellar{t, t.TempDir(), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)}
}

// run runs with a state, notes some records, and returns what the next state says.
// What it wrote has the age that it would have.
func (c *cellar) run(named *state.Rows) *state.Rows {
	c.t.Helper()
	c.now = c.now.Add(24 * time.Hour)
	before := c.names()
	f := &rows.Folder{Dir: c.dir, Header: rowset.Header{Of: "records of orders id"}, Now: c.now}
	r, err := f.Unchanged(named, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	if r.Lost != "" {
		c.t.Errorf("lost: %s", r.Lost)
	}
	noteAll(c.t, r, 3)
	r.Close()
	for name := range c.names() {
		if !before[name] {
			c.age(name, c.now)
		}
	}
	return r.State()
}

func (c *cellar) age(name string, at time.Time) {
	c.t.Helper()
	if err := os.Chtimes(filepath.Join(c.dir, name), at, at); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cellar) names() map[string]bool {
	all := map[string]bool{}
	entries, _ := os.ReadDir(c.dir)
	for _, e := range entries {
		all[e.Name()] = true
	}
	return all
}

// has reports whether the files of a state are there.
func (c *cellar) has(named *state.Rows) bool {
	return (named.Set == "" || c.names()[named.Set+".set"]) && (named.Log == "" || c.names()[named.Log+".log"])
}

// TestCleaning removes what nobody needs, and nothing else.
func TestCleaning(t *testing.T) {
	t.Run("of one line of states", func(t *testing.T) {
		c := newCellar(t)
		var named *state.Rows
		var all []*state.Rows
		for range 6 {
			named = c.run(named)
			all = append(all, named)
		}
		if last := len(all) - 1; !c.has(all[last]) || !c.has(all[last-1]) || c.has(all[last-2]) || len(c.names()) > 4 {
			t.Errorf("after six runs there are %v; only what the last one was given and made is needed", c.names())
		}
	})
	t.Run("states that are lost", func(t *testing.T) {
		c := newCellar(t)
		named := c.run(nil)
		for range 6 {
			c.run(named) // the target lost what it led to
		}
		if !c.has(named) || len(c.names()) > 4 {
			t.Errorf("after seven runs there are %v", c.names())
		}
	})
	t.Run("runs without a state", func(t *testing.T) {
		c := newCellar(t)
		var all []*state.Rows
		for range 6 {
			all = append(all, c.run(nil))
		}
		for i, named := range all {
			if got, want := c.has(named), i >= 2; got != want {
				t.Errorf("what run %d of 6 noted is there: %v, want %v", i+1, got, want)
			}
		}
	})
	t.Run("another target", func(t *testing.T) {
		c := newCellar(t)
		other := c.run(c.run(nil))
		mine := c.run(nil)
		for range 28 {
			mine = c.run(mine)
		}
		if !c.has(other) {
			t.Error("what another target's state names is gone after 29 days")
		}
		mine = c.run(mine)
		if mine = c.run(mine); c.has(other) || !c.has(mine) {
			t.Errorf("after a month there are %v", c.names())
		}
	})
	t.Run("what nobody finished", func(t *testing.T) {
		c := newCellar(t)
		named := c.run(nil)
		for name, hours := range map[string]int{"set-1.tmp": 25, "run-2.tmp": 30, "set-3.tmp": 1, "notes.txt": 9000} {
			testrig.Write(t, filepath.Join(c.dir, name), "")
			c.age(name, c.now.Add(24*time.Hour).Add(-time.Duration(hours)*time.Hour))
		}
		c.run(named)
		got := c.names()
		if got["set-1.tmp"] || got["run-2.tmp"] || !got["set-3.tmp"] || !got["notes.txt"] {
			t.Errorf("there are %v", got)
		}
	})
}

// TestForget removes all that is known, and nothing else.
func TestForget(t *testing.T) {
	c := newCellar(t)
	c.run(c.run(nil))
	c.run(nil)
	testrig.Write(t, filepath.Join(c.dir, "notes.txt"), "")
	if err := (&rows.Folder{Dir: c.dir, Now: c.now}).Forget(); err != nil {
		t.Fatal(err)
	}
	if got := c.names(); len(got) != 1 || !got["notes.txt"] {
		t.Errorf("there are %v", got)
	}
	if err := (&rows.Folder{Dir: filepath.Join(c.dir, "none")}).Forget(); err != nil {
		t.Error(err)
	}
}

// TestStatesLeadNowhereElse: a state is a stranger's text.
func TestStatesLeadNowhereElse(t *testing.T) {
	c := newCellar(t)
	named := c.run(nil)
	folder := &rows.Folder{Dir: filepath.Join(c.dir, "deeper")}
	if err := os.Mkdir(folder.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../" + named.Log, c.dir + "/" + named.Log, strings.Replace(named.Log, "-", "/../../"+named.Log+"-", 1)} {
		if folder.Has(&state.Rows{Log: name}) {
			t.Errorf("%q leads out of the folder", name)
		}
	}
	if folder.Dir = c.dir; !folder.Has(named) {
		t.Error("a file that is there is not found")
	}
}
