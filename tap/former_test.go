package tap_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// former is a setup as the version had it that numbered secrets in the marks of
// its states and journals. testdata/former has what that version wrote of an API
// which echoes all secrets in many spellings.
func former(t *testing.T, secrets ...string) setup {
	t.Helper()
	config := strings.NewReplacer(secrets...).Replace(formerFile(t, "config.json"))
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/former/journal")); err != nil {
		t.Fatal(err)
	}
	return setup{
		head: formerFile(t, "definition.yaml"), workDir: memoryFolder(t),
		config: strings.TrimSuffix(config, "}\n") + `, "run": {"concurrency": 1, "journal": {"max_age": "900000h", "dir": "` + dir + `"}}}`,
	}
}

func formerFile(t *testing.T, name string) string {
	t.Helper()
	text := testrig.Read(t, filepath.Join("testdata/former", name))
	return string(text)
}

// TestFormerJournal proves that a journal whose marks have numbers is found, and
// comes out as it was.
func TestFormerJournal(t *testing.T) {
	r, _ := former(t).replay(t)
	if r.err != nil {
		t.Fatalf("%v\n%s", r.err, r.log)
	}
	want := strings.Split(strings.TrimSpace(formerFile(t, "records.jsonl")), "\n")
	if got := r.records(""); !slices.Equal(got, want) {
		t.Errorf("got %d records %s\nwant %d %s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
}

// TestFormerStates proves that a state whose marks have numbers goes on with the
// secrets of the day, others too where the marks are of secrets alone.
func TestFormerStates(t *testing.T) {
	const token, password, seed = `tok/en+1 \"x\"é<&>`, `pa ss/w0rd&ü`, `s33d-0123-seed`
	for _, test := range []struct {
		stream  string
		secrets []string // other ones in the place of those
		param   string
		want    string // of the first request
	}{
		{"tokens", nil, "cursor", `2-tok/en+1 "x"é<&>-enRvay9lbisxICJ4IsOpPCY+-S33D-0123-SEED-p7`},
		{"tokens", []string{token, "other"}, "cursor", ""}, // the base64 of the old one is lost: from the start
		{"links", nil, "made", `S33D-0123-SEED`},
		{"links", []string{token, "o/t+h er", password, "n&w", seed, "new-seed"}, "sig", "o/t+h er"},
		{"links", []string{token, "o/t+h er", password, "n&w", seed, "new-seed"}, "made", "NEW-SEED"},
		{"links", []string{token, "o/t+h er", password, "n&w", seed, "new-seed"}, "raw", "n&w"},
		{"deltas", nil, "since", `d1 tok/en+1 "x"é<&> S33D-0123-SEED pa+ss%2Fw0rd%26%C3%BC`},
		{"deltas", []string{token, "o/t+h er", password, "n&w", seed, "new-seed"}, "since", "d1 o/t+h er NEW-SEED n%26w"},
	} {
		s := former(t, test.secrets...)
		s.state = formerFile(t, test.stream+".state.json")
		s.catalog = `{"streams": [{"tap_stream_id": "` + test.stream + `", "schema": {"type": "object"}, "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}]}`
		var first *http.Request
		s.api = transport(func(r *http.Request) (*http.Response, error) {
			if first == nil {
				first = r
			}
			const body = `{"data": [], "delta": "d2"}`
			return testrig.Answer(r, 200, body), nil
		})
		r := s.run(t)
		if r.err != nil || first == nil {
			t.Errorf("%s: %v\n%s", test.stream, r.err, r.log)
			continue
		}
		if got := first.URL.Query().Get(test.param); got != test.want {
			t.Errorf("%s with %q: sent %s=%q, want %q\n%s", test.stream, test.secrets, test.param, got, test.want, r.log)
		}
	}
}
