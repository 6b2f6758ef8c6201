package truth_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/testrig"
)

// target is what became of the lines that it got: a log of records, in which
// states stand. It may go back to any of them.
type target struct {
	log     []entry
	states  []snapshot
	setting *setting // of the run whose lines come
}

// entry is a record that was written, or a mark.
type entry struct {
	table *table
	place
	mark
}

// held is what a copy has of a row.
type held struct {
	version int
	mark    // the version is of no meaning then
}

// snapshot is a state, and what it claims.
type snapshot struct {
	text   string
	length int                 // of the log
	claims map[string][]claim  // by stream, the latest last
	marks  map[string]bookmark // by stream
}

// bookmark is a stream's part of a state.
type bookmark struct {
	Value  json.RawMessage `json:"replication_key_value"`
	Pass   *state.Pass     `json:"pass"`
	Resume []state.Resume  `json:"resume"`
}

// done reports whether the pass is over.
func (b *bookmark) done() bool { return b.Pass != nil && len(b.Resume) == 0 }

// over reports whether nothing is left of the pass but what was refused for good.
func (b *bookmark) over() bool { return b.done() || b.Pass != nil && b.Resume[0].Over }

// last is the state that the target has.
func (g *target) last() snapshot {
	if len(g.states) == 0 {
		return snapshot{}
	}
	return g.states[len(g.states)-1]
}

// goBack forgets all after one of the states: 0 is the one of before all.
func (g *target) goBack(n int) {
	g.states = g.states[:n]
	g.log = g.log[:g.last().length]
}

// take takes the lines of a run, of which the last may have broken off.
func (g *target) take(t *testing.T, tables []*table, out []byte) {
	t.Helper()
	for _, l := range testrig.ReadLines(t, out) {
		switch l.Type {
		case "RECORD":
			g.takeRecord(t, tables, l.Stream, l.Record)
		case "STATE":
			g.takeState(t, tables, l.Value)
		}
	}
	g.dateMarks(t, nil)
}

func (g *target) takeRecord(t *testing.T, tables []*table, name string, text []byte) {
	t.Helper()
	for _, one := range tables {
		if one.name != name {
			continue
		}
		if bytes.Contains(text, []byte("deleted_at")) {
			g.takeMark(t, one, text)
			return
		}
		p, known := one.texts[string(text)]
		if !known {
			t.Errorf("stream %s: a record that was never in the API: %s", name, text)
			return
		}
		g.log = append(g.log, entry{table: one, place: p})
		return
	}
	t.Errorf("a record of stream %s, which there is not", name)
}

func (g *target) takeState(t *testing.T, tables []*table, value []byte) {
	t.Helper()
	var document struct{ Bookmarks map[string]bookmark }
	if err := json.Unmarshal(value, &document); err != nil {
		t.Fatalf("state %s: %v", value, err)
	}
	s := snapshot{text: string(value), length: len(g.log), claims: maps.Clone(g.last().claims), marks: document.Bookmarks}
	g.dateMarks(t, s.marks)
	if s.claims == nil {
		s.claims = map[string][]claim{}
	}
	for _, one := range tables {
		if b := s.marks[one.name]; b.over() {
			one.passes = append(one.passes, reading{b.Pass.AsOf, time.Now()})
			s.claims[one.name] = claims(s.claims[one.name], claim{Pass: *b.Pass, done: b.done(), setting: g.setting})
		}
	}
	g.states = append(g.states, s)
}

// check compares the copy at each state from the nth on with the world.
func (g *target) check(t *testing.T, tables []*table, n int) {
	t.Helper()
	copies := map[*table]map[int]held{}
	for _, one := range tables {
		copies[one] = map[int]held{}
	}
	at := 0
	for i, s := range g.states {
		for ; at < s.length; at++ {
			e := g.log[at]
			copies[e.table][e.row.id] = held{e.version, e.mark}
		}
		for _, one := range tables {
			if i >= n && !t.Failed() {
				one.check(t, copies[one], s)
			}
		}
	}
}

// check compares a copy of a table with what a state claims.
func (t *table) check(test *testing.T, copied map[int]held, s snapshot) {
	test.Helper()
	b := s.marks[t.name]
	mark, moved := t.movedIn(b)
	for _, r := range t.rows {
		v := r.last()
		got, there := copied[r.id]
		claimed := slices.ContainsFunc(s.claims[t.name], func(c claim) bool {
			return c.reads(r, c.done) && !(got.marked && c.AsOf.Before(got.from)) // later ones may ask for less
		})
		if moved && !t.divided() && !v.from.After(b.Pass.AsOf) && v.stamp.Before(mark) {
			claimed = true
		}
		if r.gone || !claimed {
			continue
		}
		if !there || got.marked || !bytes.Equal(r.versions[got.version].text, v.text) {
			test.Errorf("stream %s: the target has version %v (%v) of %s, there since %s, of %s\nthe state claims %v, and is %s",
				t.name, got, there, v.text, v.from.UTC().Format(time.RFC3339Nano), r.chain(), s.claims[t.name], s.text)
			return
		}
	}
}

// movedIn returns the bookmark of a pass that is not over, and reports whether
// that pass moved it.
func (t *table) movedIn(b bookmark) (mark time.Time, moved bool) {
	if b.Pass == nil || b.over() || string(b.Value) == "null" || bytes.Equal(b.Value, b.Resume[0].From) {
		return mark, false
	}
	return t.stampOf(b.Value), true
}

// stampOf reads a time as records, and bookmarks, write it.
func (t *table) stampOf(raw []byte) time.Time {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		at, _ := time.Parse(time.RFC3339Nano, text)
		return at
	}
	var n int64
	if json.Unmarshal(raw, &n) != nil {
		return time.Time{}
	}
	if t.grain < time.Second {
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}
