package fetch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/twins"
	"github.com/tap-rest/tap-rest/testrig"
)

// ways are the ways of paging.
var ways = []struct {
	name, stream string
	keys         bool // pages go by keys
}{
	{"`page`", `path: /page, pagination: {type: page, param: page}`, false},
	{"`page` with `total_pages`", `path: /page, pagination: {type: page, param: page, total_pages: pages}`, false},
	{"`page` with `total`", `path: /page, pagination: {type: page, param: page, total: total}`, false},
	{"`offset`", `path: /offset, pagination: {type: offset, param: offset}`, false},
	{"`offset` with `total`", `path: /offset, pagination: {type: offset, param: offset, total: total}`, false},
	{"`page` with `on_incomplete: again`", `path: /page, on_incomplete: again, pagination: {type: page, param: page}`, false},
	{"`offset` with `on_incomplete: again`", `path: /offset, on_incomplete: again, pagination: {type: offset, param: offset}`, false},
	{"`offset` with `overlap: 1`", `path: /offset, replication_key: stamp, incremental: {client_filter: true, format: integer}, pagination: {type: offset, param: offset, overlap: 1}`, false},
	{"`offset` with `overlap: 3` and `total`", `path: /offset, replication_key: stamp, incremental: {client_filter: true, format: integer}, pagination: {type: offset, param: offset, overlap: 3, total: total}`, false},
	{"`cursor` over offsets in base64", `path: /hidden, pagination: {type: cursor, next: token, param: cursor}`, false},
	{"`cursor` over offsets in base64, with `total`", `path: /hidden, pagination: {type: cursor, next: token, param: cursor, total: total}`, false},
	{"`cursor` over pages", `path: /page, pagination: {type: cursor, next: token, param: page}`, false},
	{"`cursor` over pages, with `total`", `path: /page, pagination: {type: cursor, next: token, param: page, total: total}`, false},
	{"`cursor` over offsets", `path: /offset, pagination: {type: cursor, next: token, param: offset}`, false},
	{"`cursor` over offsets, with `total`", `path: /offset, pagination: {type: cursor, next: token, param: offset, total: total}`, false},
	{"`cursor` over keys", `path: /key, pagination: {type: cursor, next: token, param: after}`, true},
	{"`cursor` over keys, with `total`", `path: /key, pagination: {type: cursor, next: token, param: after, total: total}`, true},
	{"`next_url` over pages", `path: /page, pagination: {type: next_url, next: next}`, false},
	{"`next_url` over pages, with `total`", `path: /page, pagination: {type: next_url, next: next, total: total}`, false},
	{"`next_url` over offsets, with `total`", `path: /offset, pagination: {type: next_url, next: next, total: total}`, false},
	{"`next_url` over keys", `path: /key, pagination: {type: next_url, next: next}`, true},
	{"`link_header` over pages", `path: /page, pagination: {type: link_header}`, false},
	{"`link_header` over pages, with `total`", `path: /page, pagination: {type: link_header, total: total}`, false},
	{"`link_header` over keys", `path: /key, pagination: {type: link_header}`, true},
	{"`keyset`", `path: /key, pagination: {type: keyset, field: stamp, param: after}`, true},
}

// outcome is what became of the rows that were there all along.
type outcome int

const (
	proven   outcome = iota // all came, and nothing was asked for again
	repaired                // all came, since the walk went back
	told                    // the walk says that rows may be missing
	lost                    // some did not come; that this could be is all that is said
)

func (o outcome) String() string { return [...]string{"proven", "repaired", "told", "may be lost"}[o] }

// trial is a walk over a list that changes.
type trial struct {
	way    int
	change int // of changes; -1: those of lists with the oldest first, at random
	killed bool
	seed   uint64
}

// streams are those of the ways, read once.
var streams = map[int]*sources.Stream{}

func (x trial) stream(t *testing.T) *sources.Stream {
	if streams[x.way] == nil {
		streams[x.way] = define(t, "retry: {min_wait: 1ms, max_wait: 1ms}", ways[x.way].stream+`, primary_key: [id]`)[0]
	}
	return streams[x.way]
}

// found is what came of a trial.
type found struct {
	outcome
	unproven bool // the walk says that nothing shows whether rows moved
	evident  bool // records came again, which shows that rows moved
	missing  []int
	asked    []string
	err      error
}

// run walks, and resumes where the walk is killed. It changes the list before
// some requests of the walk, or while the walk is dead.
func (x trial) run(t *testing.T) (f found) {
	r := rand.New(rand.NewPCG(x.seed, uint64(x.way)))
	size := 2 + r.IntN(9)
	a := newShifting(size*(2+r.IntN(8))+r.IntN(size), size, x.change >= 0 && changes[x.change].reversed)
	a.counts = strings.Contains(ways[x.way].stream, "total")
	few := func() {
		for range 1 + r.IntN(3) {
			x.pick(r)(a, min(a.read, len(a.rows)), r)
		}
	}
	if !x.killed {
		a.change = func(n int) {
			if n > 1 && n < 60 && r.IntN(3) == 0 {
				few()
			}
		}
	}
	s := x.stream(t)
	rig := newRig(t, s, a)
	came := map[int]bool{}
	at := f.walk(rig.walk(s, paging.Position{}), came, 1+r.IntN(6))
	if at != nil && f.err == nil {
		if x.killed {
			few()
			few()
		}
		next, _ := kept(t, *at)
		f.walk(rig.walk(s, next), came, 10_000)
	}
	f.asked = a.asked
	for id := range a.always {
		if !came[id] {
			f.missing = append(f.missing, id)
		}
	}
	switch {
	case errors.Is(f.err, paging.ErrDoubtful) || f.outcome == told || errors.Is(f.err, paging.ErrFallen) || f.err != nil && strings.Contains(f.err.Error(), "the same page again"):
		f.outcome, f.err = told, nil
	case len(f.missing) > 0:
		f.outcome = lost
	case back(a.asked):
		f.outcome = repaired
	}
	return f
}

// pick chooses a change.
func (x trial) pick(r *rand.Rand) func(*shifting, int, *rand.Rand) {
	if x.change >= 0 {
		return changes[x.change].do
	}
	for {
		if c := changes[r.IntN(len(changes))]; !c.reversed && (c.keys || !ways[x.way].keys) {
			return c.do
		}
	}
}

// walk walks so many pages, and returns where the walk goes on, nil at its end.
func (f *found) walk(w *fetch.Walk, came map[int]bool, most int) (at *paging.Position) {
	seen := twins.New([]string{"id"}, false)
	for range most {
		page, err := w.Next(context.Background())
		if err != nil {
			f.err = err
			return nil
		}
		f.unproven = page.Proof.Unproven != ""
		if len(page.Proof.Doubts) > 0 {
			f.outcome = told
		}
		seen.Begin(page.Follows)
		for i := page.Repeated; i < page.Records.Len(); i++ {
			record := page.Records.Record(i)
			came[int(gjson.GetBytes(record, "id").Int())] = true
			kind, _ := seen.See(record, []byte(gjson.GetBytes(record, "stamp").Raw))
			f.evident = f.evident || kind.Moved(page.Counting)
		}
		seen.End()
		last, next := page.Last, page.Next
		page.Release()
		if last {
			return nil
		}
		at = &next
	}
	return at
}

// back reports whether a request was made twice.
func back(asked []string) bool {
	sorted := slices.Sorted(slices.Values(asked))
	return len(slices.Compact(sorted)) < len(asked)
}

// TestRowsMove walks by every way of paging over lists that change while they
// are read, and between a kill and its resume, and holds what comes of it
// against the table in FORMAT.md. A few walks may end better than the table
// says; many end as it says.
func TestRowsMove(t *testing.T) {
	seeds, full := 6, os.Getenv("TAP_REST_FULL_TESTS") != "" || *update
	if full {
		seeds = 120
	}
	said := readTable(t)
	var table strings.Builder
	table.WriteString("| |")
	for _, c := range changes {
		table.WriteString(" " + c.name + " |")
	}
	table.WriteString("\n|---" + strings.Repeat("|---", len(changes)) + "|\n")
	for i, way := range ways {
		fmt.Fprintf(&table, "| %s |", way.name)
		for c := range changes {
			worst := proven
			for seed := range seeds {
				got := trial{i, c, seed%2 == 0, uint64(seed)}.run(t)
				if got.err != nil {
					t.Errorf("%s, %s, seed %d: a sound walk failed: %v", way.name, changes[c].name, seed, got.err)
				}
				worst = max(worst, got.outcome)
			}
			fmt.Fprintf(&table, " %v |", worst)
			if says, known := said[way.name+changes[c].name]; !*update && (!known || worst > says) {
				t.Errorf("%s, %s: %v, and FORMAT.md says %v", way.name, changes[c].name, worst, says)
			}
		}
		table.WriteString("\n")
	}
	if full {
		checkTable(t, table.String())
	}
}

// readTable reads what FORMAT.md says of each way and change.
func readTable(t *testing.T) map[string]outcome {
	text := testrig.Read(t, "../definition/FORMAT.md")
	said := map[string]outcome{}
	for row := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(row), " | ")
		if len(cells) != len(changes)+1 {
			continue
		}
		for c := range changes {
			for o := proven; o <= lost; o++ {
				if strings.TrimSuffix(cells[c+1], " |") == o.String() {
					said[strings.TrimPrefix(cells[0], "| ")+changes[c].name] = o
				}
			}
		}
	}
	return said
}

// update rewrites the table.
var update = flag.Bool("update", false, "rewrite the table in FORMAT.md")

func checkTable(t *testing.T, want string) {
	const file, begin, end = "../definition/FORMAT.md", "<!-- moving -->\n", "<!-- end moving -->"
	text := testrig.Read(t, file)
	head, rest, found := strings.Cut(string(text), begin)
	got, tail, closed := strings.Cut(rest, end)
	switch {
	case !found || !closed:
		t.Fatalf("%s has no %s… %s", file, begin, end)
	case got == want:
	case *update:
		if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has another table than what was seen (go test ./sources/fetch -run TestRowsMove$ -update):\n%s", file, want)
	}
}

// TestRowsMoveAtRandom walks by every way of paging over lists in which anything
// may happen: rows that were there all along come, or the walk says that they
// may be missing. One whose pages are counted says that always, unless it has
// looked.
func TestRowsMoveAtRandom(t *testing.T) {
	walks := 400
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		walks = 2000
	}
	var seen [lost + 1]int
	evident := 0
	for n := range walks {
		x := trial{way: n % len(ways), change: -1, killed: n/len(ways)%2 == 0, seed: uint64(n)}
		got := x.run(t)
		seen[got.outcome]++
		if got.outcome == lost && got.evident {
			evident++
		}
		switch way := ways[x.way]; {
		case got.err != nil:
			t.Errorf("%s, walk %d: a sound walk failed: %v", way.name, n, got.err)
		case got.outcome == lost && !got.unproven:
			t.Errorf("%s, walk %d: rows %v are lost without a word; asked for %v", way.name, n, got.missing, got.asked)
		}
	}
	t.Logf("of %d walks: proven %d, repaired %d, told %d, lost where a warning says by evidence that rows moved %d, lost where the account alone says that nothing is proven %d",
		walks, seen[proven], seen[repaired], seen[told], evident, seen[lost]-evident)
	if evident == 0 {
		t.Error("no walk that lost rows has evidence of it")
	}
}

// TestNothingMoves walks by every way of paging over lists that stay as they
// are: nothing is in doubt, no row comes twice, and nothing looks like rows that
// moved.
func TestNothingMoves(t *testing.T) {
	for i, way := range ways {
		for rows := range 40 {
			if testing.Short() && rows%3 > 0 {
				continue // pages have one row more for each row, up to seven
			}
			a := newShifting(rows, 1+rows%7, false)
			s := trial{way: i}.stream(t)
			got := newRig(t, s, a).run(s, paging.Position{})
			if got.err != nil || len(got.last.Proof.Doubts) > 0 {
				t.Fatalf("%s, %d rows: got %v and doubts %v", way.name, rows, got.err, got.last.Proof.Doubts)
			}
			var f found
			if f.walk(newRig(t, s, newShifting(rows, 1+rows%7, false)).walk(s, paging.Position{}), map[int]bool{}, 10_000); f.evident {
				t.Errorf("%s, %d rows: rows that stay look as if they moved", way.name, rows)
			}
			want := rows
			if s.OnIncomplete == sources.Again && len(got.nexts) > 0 {
				want = 2 * rows
			}
			if len(got.ids) != want {
				t.Errorf("%s, %d rows: got %d of them; asked for %v", way.name, rows, len(got.ids), a.asked)
			}
		}
	}
}

// TestTotalSaysNothing proves that totals which rise and fall by themselves send
// a walk back so often and no more, and that it says so.
func TestTotalSaysNothing(t *testing.T) {
	s := define(t, "", `path: /orders, pagination: {type: page, param: page, total: total}`)[0]
	asked := 0
	api := transport(func(r *http.Request) (*http.Response, error) {
		asked++
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		return page(n*10, min(n*10+9, 104), fmt.Sprintf(`,"total":%d`, 95-asked%2*40)).response(r), nil
	})
	got := newRig(t, s, api).run(s, paging.Position{})
	if got.err != nil || len(got.last.Proof.Doubts) != 1 || !strings.Contains(got.last.Proof.Doubts[0].String(), "again and again") {
		t.Fatalf("got %v and %v, want one doubt", got.err, got.last)
	}
	for id := 10; id < 105; id++ {
		if !slices.Contains(got.ids, fmt.Sprint(id)) {
			t.Errorf("record %d is lost", id)
		}
	}
}

// TestPagesVanish proves that a walk goes back where the number of pages shrinks.
func TestPagesVanish(t *testing.T) {
	s := define(t, "", `path: /page, pagination: {type: page, param: page, total_pages: pages}`)[0]
	a := newShifting(60, 10, false)
	a.counts, a.change = true, func(n int) {
		if n == 4 {
			for range 12 {
				a.remove(0)
			}
		}
	}
	got := newRig(t, s, a).run(s, paging.Position{})
	for id := 13; id <= 60; id++ {
		if !slices.Contains(got.ids, fmt.Sprint(id)) {
			t.Errorf("row %d is lost: %v; asked for %v", id, got.err, a.asked)
		}
	}
}
