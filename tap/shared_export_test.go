package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// sharedStreams are two streams that read one job: lines that name a parent, and those
// that name none.
const sharedStreams = `defaults:
  schema: {type: object}
  primary_key: [id]
  export:
    submit: {path: /exports, body: {json: {of: x}}}
    poll: {path: "/exports/{{ job.id }}", every: 1ms}
    done: "{{ response.ready }}"
    links: files
    remove: {path: "/exports/{{ job.id }}"}
streams:
  - {name: orders, decode: {format: jsonl, parent_id: __parentId}}
  - {name: lines, decode: {format: jsonl, parent_id: __parentId, lines: children}}
`

// newSharedAPI returns an export of four files, each of which has an order and two lines.
func newSharedAPI() *exportAPI {
	return &exportAPI{file: func(n int) string {
		return fmt.Sprintf("{\"id\":\"o%d\"}\n{\"id\":\"l%[1]d\",\"__parentId\":\"o%[1]d\"}\n{\"id\":\"m%[1]d\",\"__parentId\":\"o%[1]d\"}\n", n)
	}}
}

// TestSharedExport proves that streams which ask for the same job read one, that each
// of its files comes once, and that it is removed once both are done, however few
// walks may go on at a time.
func TestSharedExport(t *testing.T) {
	for _, config := range []string{`{}`, `{"run": {"concurrency": 1}}`, `{"run": {"journal": {"off": true}}}`} {
		api := newSharedAPI()
		r := setup{definition: sharedStreams, api: api, config: config}.must(t)
		if len(r.records("orders")) != 4 || len(r.records("lines")) != 8 {
			t.Errorf("%s: %d orders, %d lines\n%s", config, len(r.records("orders")), len(r.records("lines")), r.log)
		}
		each := 1
		if strings.Contains(config, "off") { // nobody keeps what another one may take
			each = 2
		}
		if api.jobs != 1 || api.removed != 1 || !slices.Equal(api.downloads, []int{each, each, each, each}) {
			t.Errorf("%s: %d jobs, %d removed, downloads %v\n%s", config, api.jobs, api.removed, api.downloads, r.log)
		}
	}
}

// TestSharedExportKilled kills runs at every request of such streams, and proves that
// the next run goes on in the same job, and downloads the files that it lacks alone.
func TestSharedExportKilled(t *testing.T) {
	base := setup{definition: sharedStreams, config: `{"run": {"flush": {"responses": 2}}}`}
	killSharedAnywhere(t, base, 2) // of the first nobody knows the job
}

// TestSharedExportOfTimeKilled proves the same of streams whose submission has the time
// of the run in it, and a key: none of them may have had an answer.
func TestSharedExportOfTimeKilled(t *testing.T) {
	definition := strings.Replace(sharedStreams, "{of: x}", `{of: x, to: "{{ now }}"}}, headers: {Idempotency-Key: "{{ job_key }}"`, 1)
	killSharedAnywhere(t, setup{definition: definition, config: `{"run": {"flush": {"responses": 2}}}`}, 1)
}

func killSharedAnywhere(t *testing.T, base setup, from int) {
	whole := newSharedAPI()
	s := base
	s.api = whole
	s.must(t)
	for at := from; at <= whole.requests; at++ {
		for i := range 8 {
			if testing.Short() && i != at%8 && i != 7-at%8 {
				continue // of each two that differ in all
			}
			killShared(t, base, at, i&1 == 1, i&2 == 2, i&4 == 4)
		}
	}
}

// TestSharedExportPutOff proves that a job is removed which two streams share, where one
// of them fails for now and is tried again when the other is done.
func TestSharedExportPutOff(t *testing.T) {
	api := newSharedAPI()
	refused := 0
	flaky := transport(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/2") && refused < 2 {
			refused++
			return testrig.Answer(r, 503, ""), nil
		}
		return api.RoundTrip(r)
	})
	r := setup{head: strings.Replace(head, "attempts: 2", "attempts: 2, cool_down: 0s", 1), definition: sharedStreams, api: flaky, config: `{"run": {"concurrency": 1}}`}.must(t)
	if len(r.records("orders")) != 4 || len(r.records("lines")) != 8 || refused != 2 {
		t.Errorf("%d orders, %d lines, %d refused\n%s", len(r.records("orders")), len(r.records("lines")), refused, r.log)
	}
	if api.jobs != 1 || api.removed != 1 {
		t.Errorf("%d jobs, %d removed\n%s", api.jobs, api.removed, r.log)
	}
}

func killShared(t *testing.T, s setup, at int, answered, state, lost bool) {
	where := fmt.Sprintf("killed at request %d, answered %v, with state %v, journal lost %v", at, answered, state, lost)
	api := newSharedAPI()
	api.at, api.answered, s.api = at, answered, api
	written, s := s.untilKilled(t, &api.killer, state, lost)
	if api.killedBy == "" {
		return // one poll more or less: a stream asks for the links alone if it downloads
	}
	r := s.run(t)
	if r.err != nil {
		t.Errorf("%s: %v\n%s", where, r.err, r.log)
		return
	}
	ids := append(written.IDs(""), r.lines.IDs("")...)
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 12 {
		t.Errorf("%s: the union has %d records of 12", where, len(ids))
	}
	twice := 0
	for _, n := range api.downloads {
		twice += n - 1
	}
	if lost && (s.state == "" || strings.Contains(s.definition, "now")) { // nobody knows of the run before, or one stream does not
		return
	}
	if api.killedBy == http.MethodDelete && state && strings.Contains(s.definition, "now") {
		return // who is done reads anew, up to now
	}
	if lost || api.killedBy == http.MethodDelete && state { // what a state covers is read anew by who is done
		twice = 0
	}
	if api.jobs != 1 || twice > 1 || api.removed == 0 {
		t.Errorf("%s: %d jobs, downloads %v, %d removed\n%s", where, api.jobs, api.downloads, api.removed, r.log)
	}
}
