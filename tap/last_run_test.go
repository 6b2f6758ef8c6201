package tap_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap/report"
)

// lastRunOf is what stands beside the one journal in a work folder; nil: nothing.
func lastRunOf(t *testing.T, workDir string) *report.LastRun {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(workDir, "journal", "*", report.LastRunName))
	if err != nil || len(names) > 1 {
		t.Fatalf("found %q, %v", names, err)
	}
	if len(names) == 0 {
		return nil
	}
	if info, err := os.Stat(names[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s has the mode %v, %v; want 0600", names[0], info.Mode(), err)
	}
	l, err := report.ReadLastRun(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const lastRunStream = `streams:
  - {name: x, path: /x, records: data, primary_key: [id], pagination: {type: cursor, next: next, param: page}, on_invalid: quarantine,
     schema: {properties: {id: {type: integer}, name: {type: string}}}}`

// TestLastRun: what a run came to stands beside its journal: the account, the schema's
// new fields, the records that were put aside in this run and in no other, and what the
// journal saved. It holds no secret, and a run that changes nothing leaves it.
func TestLastRun(t *testing.T) {
	s := setup{workDir: t.TempDir(), definition: lastRunStream,
		api: paged{"": `{"next":"b","data":[{"id":1,"name":"a","size":2},{"id":"s3cret","name":"b"}]}`, "b": `{"data":[{"id":3,"name":4}]}`}}
	s.definition = `settings: {properties: {token: {type: string, secret: true}}}` + "\n" + s.definition
	s.head = "version: 1\nname: test\nclient: {base_url: \"http://api.test\"}\n"
	s.config = `{"token": "s3cret"}`
	first := s.run(t)
	l := lastRunOf(t, s.workDir)
	if l == nil {
		t.Fatalf("there is none: %v\n%s", first.err, first.log)
	}
	x := l.Streams[0]
	if x.Stream != "x" || x.Status != "complete" || x.Written != 1 || x.Requests != 2 || x.Pages != 2 || x.Saved.Calls != 0 || x.Certificate.Pages != 2 {
		t.Errorf("got %+v", x)
	}
	if c := x.Schema; c.Inferred || c.Fields != 1 || len(c.First) != 1 || c.First[0].Pointer != "/size" || c.First[0].Was != "" || !strings.Contains(c.First[0].Now, "integer") {
		t.Errorf("the schema changed by %+v, want /size alone", c)
	}
	q := x.Quarantine
	if q.Records != 2 || len(q.First) != 2 || q.First[0] != (report.Misfit{Pointer: "/id", Rule: "type", Want: "integer", Record: `{"id":"***","name":"b"}`}) || q.First[1].Pointer != "/name" {
		t.Errorf("put aside: %+v", q)
	}
	text, _ := os.ReadFile(q.File)
	if strings.Count(string(text), "\n") != 2 {
		t.Errorf("the quarantine file has\n%s", text)
	}

	// The state of the first run is lost, and its pass over: the second one asks anew, and
	// tells of its own two records.
	s.run(t)
	if q := lastRunOf(t, s.workDir).Streams[0].Quarantine; q.Records != 2 || len(q.First) != 2 {
		t.Errorf("the second run put aside %+v, want its own two", q)
	}
}

// TestLastRunSaved: what the journal had is counted by what it came to when it was made.
func TestLastRunSaved(t *testing.T) {
	api := itemsAPI(13)
	s := setup{definition: items(""), api: api, workDir: t.TempDir(), config: `{"run": {"max_requests": 2}}`}
	s.run(t)
	l := lastRunOf(t, s.workDir)
	if x := l.Streams[0]; l.Stopped == "" || x.Status != "unfinished" || x.Requests != 2 {
		t.Errorf("of the run that its budget ended: %q, %+v", l.Stopped, x)
	}
	s.config = ""
	s.run(t)
	x := lastRunOf(t, s.workDir).Streams[0]
	if x.Saved.Calls != 2 || x.Saved.Bytes == 0 || x.Status != "complete" {
		t.Errorf("the run that went on: %+v", x)
	}
}

// TestNoLastRun: nothing is written where there is no journal.
func TestNoLastRun(t *testing.T) {
	s := setup{definition: items(""), api: itemsAPI(13, apitest.On(3, apitest.Status(404))), workDir: t.TempDir(), config: `{"run": {"journal": {"off": true}}}`}
	s.run(t)
	if l := lastRunOf(t, s.workDir); l != nil {
		t.Errorf("got %+v", l)
	}
}
