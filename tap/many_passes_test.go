package tap_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// living is an API whose rows come in while it is read, some of them late, by
// a clock of its own.
type living struct {
	rows    [][]byte
	visible []time.Time
	skew    time.Duration // of its clock against ours
}

// newLiving returns an API that gets a row a minute from june on, for hours.
// Rows are late by less than the 10 minutes that a bookmark settles by default.
func newLiving(chance *rand.Rand, hours int) *living {
	l := &living{skew: time.Duration(chance.IntN(21)-10) * time.Minute}
	for i := range hours * 60 {
		stamp := june.Add(time.Duration(i) * time.Minute)
		late := time.Duration(chance.IntN(9)) * time.Minute * time.Duration(chance.IntN(2))
		l.rows = append(l.rows, fmt.Appendf(nil, `{"id":%d,"updated_at":"%s"}`, i, stamp.Format(time.RFC3339)))
		l.visible = append(l.visible, stamp.Add(late-l.skew)) // by our clock
	}
	return l
}

func (l *living) RoundTrip(r *http.Request) (*http.Response, error) {
	var now [][]byte
	for i, row := range l.rows {
		if !time.Now().Before(l.visible[i]) {
			now = append(now, row)
		}
	}
	time.Sleep(time.Second)
	api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Keyset, Rows: now,
		Filter: apitest.Filter{Field: "updated_at", From: "from", To: "to"}})
	answer, err := api.RoundTrip(r)
	if err == nil {
		answer.Header.Set("Date", time.Now().Add(l.skew).UTC().Format(http.TimeFormat))
	}
	return answer, err
}

// TestPasses reads an API again and again while it changes. Passes are cut
// anywhere, resumed late, killed with half a flush written. Nothing is missing
// in the end.
func TestPasses(t *testing.T) {
	definition := strings.Replace(incremental(`start: "2025-01-01"%s`), "{type: page, param: page}", "{type: keyset, field: id, param: after}", 1)
	definition = strings.Replace(definition, "limit: 2", "limit: 7", 1)
	seeds := uint64(12)
	if testing.Short() {
		seeds = 4 // one for each way to set it up
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chance := rand.New(rand.NewPCG(seed, 7))
				sleepUntil(june.Add(time.Hour))
				api := newLiving(chance, 8)
				keys := []string{"", ", sorted: true", ", lookback: 20m", ", settle: 15m, format: epoch"}[seed%4]
				s := setup{definition: fmt.Sprintf(definition, keys), api: api}
				var got []string
				for time.Since(june) < 10*time.Hour {
					got = append(got, cutPass(t, &s, chance)...)
					time.Sleep(time.Duration(chance.IntN(90)) * time.Minute)
				}
				s.config, s.out = `{}`, nil
				for range 2 { // what is open, and a last pass
					r := s.must(t)
					got, s.state = append(got, r.records("items")...), r.state()
				}
				testrig.Union(t, "in the end", got, texts(api.rows))
			})
		})
	}
}

// cutPass is one run, cut by chance. It returns the records that came, and
// leaves the state for the next.
func cutPass(t *testing.T, s *setup, chance *rand.Rand) []string {
	t.Helper()
	s.config, s.out = fmt.Sprintf(`{"run":{"flush":{"responses":%d},"max_requests":%d}}`, 1+chance.IntN(4), 1+chance.IntN(30)), nil
	if chance.IntN(3) > 0 {
		r := s.must(t)
		s.state = r.state()
		return r.records("items")
	}
	kept := &truncated{lines: chance.IntN(40)}
	s.out = kept
	s.run(t) // however it ends
	lines := testrig.ReadLines(t, kept.got)
	if state := lines.State(); state != "" {
		s.state = state
	}
	return lines.Records("items")
}

// TestCutManyStreams kills runs of several streams after every line.
func TestCutManyStreams(t *testing.T) {
	definition := `defaults: {records: data, primary_key: [id], params: {limit: 2}}
streams:
  - {name: a, path: /a, pagination: {type: page, param: page}}
  - {name: b, path: /b, pagination: {type: cursor, next: next_page, param: cursor}}
  - {name: c, path: /c, pagination: {type: offset, param: offset, total: meta.total}, on_invalid: quarantine, keep: "{{ record.id != 3 }}", add: {x: "{{ record.id }}"}}
`
	odd := rows(9, func(i int) string {
		return []string{`{"id":%d}`, `{"id":%d,"n":1}`, `{"id":%d,"n":1.5}`, `{"id":%d,"new":{"a":[%[1]d]}}`}[i%4]
	})
	for i := range odd {
		odd[i] = fmt.Appendf(nil, string(odd[i]), i)
	}
	api := apitest.New().
		Add(apitest.Collection{Path: "/a", Style: apitest.Page, Rows: odd}).
		Add(apitest.Collection{Path: "/b", Style: apitest.Cursor, Rows: odd[:7]}).
		Add(apitest.Collection{Path: "/c", Style: apitest.Offset, Rows: odd, Total: true})
	s := setup{definition: definition, config: `{"run":{"flush":{"responses":2},"concurrency":2}}`, api: api, workDir: memoryFolder(t)}
	uncut := s.must(t)
	for n := range len(uncut.lines) {
		kept := &truncated{lines: n}
		s.out, s.state = kept, ""
		s.run(t)
		lines := testrig.ReadLines(t, kept.got)
		s.out, s.state = nil, lines.State()
		lines = append(lines, s.must(t).lines...)
		doubled := 0
		for _, stream := range []string{"a", "b", "c"} {
			twice := testrig.Union(t, fmt.Sprintf("killed after line %d", n), lines.Records(stream), uncut.records(stream))
			if !done(t, s.state, stream) { // one that is done begins its next pass
				doubled += twice
			}
		}
		if doubled > 4 {
			t.Errorf("killed after line %d: %d records came twice, want at most 4", n, doubled)
		}
		checkSchemas(t, lines)
		if t.Failed() {
			t.Fatalf("killed after line %d", n)
		}
	}
}

// checkSchemas checks that each stream has its SCHEMA before its records.
func checkSchemas(t *testing.T, lines testrig.Lines) {
	t.Helper()
	var known []string
	for i, l := range lines {
		switch l.Type {
		case "SCHEMA":
			known = append(known, l.Stream)
		case "RECORD":
			if !slices.Contains(known, l.Stream) {
				t.Errorf("line %d: a RECORD of %s before its SCHEMA", i+1, l.Stream)
			}
		}
	}
}
