package tap_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

const knownRows = partitioned + `  - {name: shops, path: /shops, on_delete: mark, max_deletes: 100%, schema: {properties: {id: {type: integer}}}}
  - name: lines
    path: "/lines/{{ partition.shop }}"
    add: {shop: "{{ partition.shop }}"}
    primary_key: [shop, id]
    on_delete: mark
    max_deletes: 100%
    schema: {properties: {id: {type: integer}}}
    partition_by: [{parent: shops, keys: {shop: id}}]
  - name: orders
    path: /orders
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    skip_unchanged: true
    incremental: {start: "2025-05-01", lookback: 30d}
  - name: days
    path: /orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    skip_unchanged: true
    incremental: {start: "2025-05-20", window: 3d, lookback: 30d}
`

// copied is the target of a life: what it has of each stream, by the key.
type copied map[string]map[string]string

// take takes the lines of a run. Marks delete.
func (c copied) take(t *testing.T, lines testrig.Lines) {
	t.Helper()
	for _, l := range lines {
		if l.Type != "RECORD" {
			continue
		}
		var key struct {
			Shop any    `json:"shop"`
			ID   int    `json:"id"`
			Gone string `json:"_sdc_deleted_at"`
		}
		if err := json.Unmarshal(l.Record, &key); err != nil {
			t.Fatal(err)
		}
		if c[l.Stream] == nil {
			c[l.Stream] = map[string]string{}
		}
		name := fmt.Sprint(key.Shop, key.ID)
		if c[l.Stream][name] = string(l.Record); key.Gone != "" {
			delete(c[l.Stream], name)
		}
	}
}

// life is a sequence of runs over an API that changes between them, with a target
// that loses states.
type life struct {
	setup
	api    *shops
	r      *rand.Rand
	target copied
	states []string // that the target stored
	damage bool     // files are lost and damaged, too
}

// change changes the API: rows are added, removed, and become another and what
// they were.
func (l *life) change() {
	for path, most := range map[string]int{"/shops": 8, "/orders": 12} {
		for id := range most {
			i := slices.IndexFunc(l.api.rows[path], func(o row) bool { return o.ID == id })
			switch n := l.r.IntN(10); {
			case i < 0 && n < 4:
				updated := time.Date(2025, 5, 20+l.r.IntN(10), 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
				l.api.rows[path] = append(l.api.rows[path], row{ID: id, Open: l.r.IntN(2) == 0, Updated: updated})
			case i >= 0 && n < 2 && path == "/shops": // what a filter by time finds is not known to be gone
				l.api.rows[path] = slices.Delete(l.api.rows[path], i, i+1)
			case i >= 0 && n < 5:
				l.api.rows[path][i].Open = !l.api.rows[path][i].Open
			}
		}
	}
	for shop := range 8 {
		path := fmt.Sprint("/lines/", shop)
		l.api.rows[path] = l.api.rows[path][:0]
		for id := range 4 {
			if l.r.IntN(3) > 0 {
				l.api.rows[path] = append(l.api.rows[path], row{ID: id})
			}
		}
	}
}

// truth is what the API has, as a target should.
func (l *life) truth() copied {
	c := copied{"shops": {}, "lines": {}, "orders": {}, "days": {}}
	text := func(one row) string { raw, _ := json.Marshal(one); return string(raw) }
	for _, shop := range l.api.rows["/shops"] {
		c["shops"][fmt.Sprint(nil, shop.ID)] = text(shop)
		for _, one := range l.api.rows[fmt.Sprint("/lines/", shop.ID)] {
			c["lines"][fmt.Sprint(shop.ID, one.ID)] = strings.TrimSuffix(text(one), "}") + fmt.Sprintf(`,"shop":%d}`, shop.ID)
		}
	}
	for _, one := range l.api.rows["/orders"] {
		c["orders"][fmt.Sprint(nil, one.ID)] = text(one)
		c["days"][fmt.Sprint(nil, one.ID)] = text(one)
	}
	return c
}

var errKilled = errors.New("killed")

// killed is a stdout during whose last line the run is killed: what it does after
// that never was.
type killed struct {
	t     *testing.T
	after int // lines
	dir   string
	copy  string
	done  bool
}

func (k *killed) Write(p []byte) (int, error) {
	if k.done {
		return 0, errKilled
	}
	if k.after -= bytes.Count(p, []byte("\n")); k.after > 0 {
		return len(p), nil
	}
	k.done = true
	if err := os.CopyFS(k.copy, os.DirFS(k.dir)); err != nil {
		k.t.Error(err)
	}
	return 0, errKilled
}

// run runs once: whole, cut by a budget, or killed.
func (l *life) once(t *testing.T, lines int) (whole bool) {
	l.config = fmt.Sprintf(`{"run": {"flush": {"responses": %d}, "concurrency": %d, "journal": {"off": %v}`, 1+l.r.IntN(4), 1+l.r.IntN(3), l.r.IntN(2) == 0)
	if lines < 0 {
		l.config += fmt.Sprintf(`, "max_requests": %d`, -lines)
	}
	l.config += "}}"
	k := &killed{t: t, after: max(lines, 0), dir: l.workDir, copy: t.TempDir()}
	if l.out = nil; lines > 0 {
		l.out = k
	}
	r := l.run(t)
	written := r.lines
	if k.done {
		l.workDir = k.copy
	} else if r.err != nil {
		t.Fatalf("%v\n%s", r.err, r.log)
	}
	l.target.take(t, written)
	for _, one := range written {
		if one.Type == "STATE" {
			l.states = append(l.states, string(one.Value))
		}
	}
	return r.err == nil && lines >= 0
}

// lose damages or removes a file of what is known.
func (l *life) lose(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(l.workDir, "*", "rows", "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return
	}
	name := all[l.r.IntN(len(all))]
	text := testrig.Read(t, name)
	switch l.r.IntN(3) {
	case 0:
		err = os.Remove(name)
	case 1:
		text[l.r.IntN(len(text))] ^= 1 << l.r.IntN(8)
		err = os.WriteFile(name, text, 0o600)
	default:
		err = os.WriteFile(name, text[:l.r.IntN(len(text))], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check compares the target with the API. Where files are lost, rows that are gone
// may stay, but nothing else differs.
func (l *life) check(t *testing.T, name string) {
	t.Helper()
	for stream, want := range l.truth() {
		got := maps.Clone(l.target[stream])
		if l.damage && (stream == "shops" || stream == "lines") {
			maps.DeleteFunc(got, func(key, _ string) bool { return want[key] == "" })
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%s: %s: the target has\n%v, the API\n%v", name, stream, got, want)
		}
	}
}

// TestKnownRowsLives runs lives: whatever was killed and whichever states were
// lost, after a run that began with a new pass and came to its end the target has
// what the API has.
func TestKnownRowsLives(t *testing.T) {
	const lives = 5
	for seed := range uint64(lives) {
		if !testshare.Takes(int(seed)+1, lives) { // the last one's files are lost
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
			l := &life{r: rand.New(rand.NewPCG(seed, 13)), api: newShops(), target: copied{}, damage: seed%5 == 4}
			l.setup = setup{definition: knownRows, workDir: memoryFolder(t), api: l.api}
			for run := range 14 {
				time.Sleep(time.Hour)
				l.change()
				for range 3 { // the first may go on with an older pass
					whole := false
					switch l.r.IntN(4) {
					case 0:
						l.once(t, 1+l.r.IntN(30))
					case 1:
						l.once(t, -1-l.r.IntN(12))
					default:
						whole = l.once(t, 0)
					}
					if l.damage && l.r.IntN(4) == 0 {
						l.lose(t)
					}
					switch n := l.r.IntN(10); {
					case n < 2 && len(l.states) > 0:
						l.state = l.states[l.r.IntN(len(l.states))]
					case n == 2 && whole: // all is lost, the target's copy too
						l.state, l.states, l.target = "", nil, copied{}
					case len(l.states) > 0:
						l.state = l.states[len(l.states)-1]
					}
				}
				for range 2 {
					l.once(t, 0)
					l.state = l.states[len(l.states)-1]
				}
				l.check(t, fmt.Sprintf("life %d, run %d", seed, run))
			}
		})
	}
}

// records counts the records of a stream, and how many of them are marks.
func records(r result, stream string) (all, marks int) {
	for _, l := range r.lines {
		if l.Type == "RECORD" && l.Stream == stream {
			all++
			if bytes.Contains(l.Record, []byte("deleted_at")) {
				marks++
			}
		}
	}
	return all, marks
}

// TestSkipUnchanged counts what leaves: what did not change does not, what changed
// does, and what is again as it was does, since the target has another one.
func TestSkipUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := newShops().add("/orders", many(9, time.Date(2025, 5, 28, 0, 0, 0, 0, time.UTC))...)
		s := setup{definition: knownRows, workDir: memoryFolder(t), api: api}
		var states []string
		for i, want := range []int{9, 0, 2, 1, 0} {
			time.Sleep(time.Hour)
			switch i {
			case 2:
				api.rows["/orders"][3].Open, api.rows["/orders"][4].Open = false, false
			case 3:
				api.rows["/orders"][3].Open = true
			}
			r := s.must(t)
			s.state = r.state()
			states = append(states, s.state)
			for _, stream := range []string{"orders", "days"} {
				if got, _ := records(r, stream); got != want {
					t.Errorf("run %d: %d records of %s leave, want %d", i, got, stream, want)
				}
				if left := r.account.Stream(stream).Counts[report.Unchanged]; left != int64(9-want) {
					t.Errorf("run %d: %d records of %s are left out, want %d", i, left, stream, 9-want)
				}
			}
		}
		s.state = states[1] // before the changes: those two may be anything in the target
		if got, _ := records(s.must(t), "orders"); got < 2 {
			t.Errorf("with an older state %d records leave", got)
		}
		if r, _ := s.replay(t); r.err != nil {
			t.Fatal(r.err)
		}
		s.state = states[4]
		if r := s.must(t); !strings.Contains(r.log, "is not in the work folder as it was") || r.account.Stream("orders").Written != 9 {
			t.Errorf("after a replay %d records leave; log %s", r.account.Stream("orders").Written, r.log)
		}
	})
}

// TestMarkDeleted marks what is gone, unless something keeps it from being known,
// or it is too much.
func TestMarkDeleted(t *testing.T) {
	const shopsAlone = partitioned + `  - {name: shops, path: /shops, on_delete: mark, schema: {properties: {id: {type: integer, maximum: 20}}, required: [id, open]}}
`
	for _, tt := range []struct {
		name, definition string
		change           func(api *shops)
		marks            int
		log              string
		fails            bool
	}{
		{"some are gone", shopsAlone, func(api *shops) { api.rows["/shops"] = api.rows["/shops"][2:] }, 2, "", false},
		{"none is gone", shopsAlone, func(*shops) {}, 0, "", false},
		{"too many are gone", shopsAlone, func(api *shops) { api.rows["/shops"] = api.rows["/shops"][3:] }, 0, "let it run once with max_deletes: 3", true},
		{"so many may be", strings.Replace(shopsAlone, "on_delete: mark", "on_delete: mark, max_deletes: 3", 1),
			func(api *shops) { api.rows["/shops"] = api.rows["/shops"][3:] }, 3, "", false},
		{"a record is in quarantine", strings.Replace(shopsAlone, "on_delete: mark", "on_delete: mark, on_invalid: quarantine", 1),
			func(api *shops) { api.rows["/shops"] = append(api.rows["/shops"][2:], row{ID: 99}) }, 0, "records are in quarantine", false},
		{"the API fails", shopsAlone, func(api *shops) { api.refuse, api.rows["/shops"] = 400, api.rows["/shops"][2:] }, 0, "it was not read to its end", true},
		{"the set is lost", shopsAlone, nil, 0, "keys that were gone before this run may stay unmarked", false},
	} {
		for _, versions := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, versions), func(t *testing.T) {
				api := newShops().add("/shops", many(10, may)...)
				s := setup{definition: tt.definition, workDir: memoryFolder(t), api: api}
				if versions {
					s.config = `{"run": {"activate_version": true}}`
				}
				s.state = s.must(t).state()
				if tt.change != nil {
					tt.change(api)
				} else {
					sets, _ := filepath.Glob(filepath.Join(s.workDir, "t", "rows", "*", "shops", "*"))
					for _, name := range sets {
						if err := os.Remove(name); err != nil {
							t.Fatal(err)
						}
					}
				}
				r := s.run(t)
				if _, marks := records(r, "shops"); marks != tt.marks || (r.err != nil) != tt.fails || !strings.Contains(r.log, tt.log) {
					t.Errorf("%d marks, error %v, log %s", marks, r.err, r.log)
				}
				if tt.marks == 0 {
					return
				}
				schema := r.lines[0].Schema
				if !bytes.Contains(schema, []byte(`"_sdc_deleted_at":{"type":["null","string"],"format":"date-time"}`)) || !bytes.Contains(schema, []byte(`"required":["id"]`)) {
					t.Errorf("schema %s", schema)
				}
				if last := r.lines[len(r.lines)-1]; last.Type != "STATE" {
					t.Errorf("the last line is a %s", last.Type)
				}
				s.state = r.state()
				if _, marks := records(s.must(t), "shops"); marks != 0 {
					t.Errorf("%d marks come again", marks)
				}
			})
		}
	}
}

// TestMarksUnderAirbyte: under Airbyte a row that is gone has the field that its
// destinations know.
func TestMarksUnderAirbyte(t *testing.T) {
	api := newShops().add("/shops", many(10, may)...)
	s := setup{
		definition: partitioned + "  - {name: shops, path: /shops, on_delete: mark, schema: {properties: {id: {type: integer}}}}\n",
		workDir:    memoryFolder(t), api: api, catalog: configured(entry("shops", "full_refresh", "")),
	}
	first := airbyteOf(t, s)
	api.rows["/shops"] = api.rows["/shops"][2:]
	s.state = first.states()
	second := airbyteOf(t, s)
	if first.err != nil || second.err != nil {
		t.Fatal(first.err, second.err)
	}
	if n := strings.Count(first.text, "deleted_at"); n > 0 {
		t.Errorf("the first sync marks %d rows", n)
	}
	if n := strings.Count(second.text, `"_ab_cdc_deleted_at":"`); n != 2 || strings.Contains(second.text, "_sdc_deleted_at") {
		t.Errorf("the second sync marks %d rows, want 2\n%s", n, second.text)
	}
}

// TestNoMarksWhileOwed: where a part of a stream failed for good, or the end of one
// is in doubt, nothing is marked.
func TestNoMarksWhileOwed(t *testing.T) {
	const accounts = partitioned + `  - name: orders
    path: /{{ partition.account }}/orders
    on_delete: mark
    partition_by: [{name: account, values: [eu, us]}]
    schema: {properties: {id: {type: integer}}}
`
	for name, fail := range map[string]func(*shops, *setup){
		"owed": func(api *shops, _ *setup) { api.fails["/us/orders"] = 403 },
		"doubt": func(_ *shops, s *setup) {
			s.definition = strings.Replace(accounts, "    on_delete", "    on_incomplete: warn\n    pagination: {type: none}\n    on_delete", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := newShops().add("/eu/orders", many(10, may)...).add("/us/orders", row{ID: 100, Updated: "2025-05-01T00:00:00Z"})
			s := setup{definition: accounts, workDir: memoryFolder(t), api: api}
			s.state = s.must(t).state()
			api.rows["/eu/orders"] = api.rows["/eu/orders"][1:]
			fail(api, &s)
			r := s.run(t)
			if _, marks := records(r, "orders"); marks != 0 || !strings.Contains(r.log, "no record of the stream is marked as deleted") {
				t.Errorf("%d marks, and the log says %s", marks, r.log)
			}
			clear(api.fails)
			s.definition = accounts
			if r.err == nil || name == "owed" {
				s.state = r.state()
			}
			if _, marks := records(s.must(t), "orders"); marks != 1 {
				t.Errorf("%d marks in the run that reads all, want 1", marks)
			}
		})
	}
}
