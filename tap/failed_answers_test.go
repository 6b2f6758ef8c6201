package tap_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

const failedSecret = "s3cret-t0ken/1"

// answered is an API that answers the second page with something of its own.
func answered(status int, header, body string) http.RoundTripper {
	api := rowsAPI(`{"id":1}`, `{"id":2}`, `{"id":3}`)
	return transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("page") != "2" {
			return api.RoundTrip(r)
		}
		return testrig.Answer(r, status, body, "Content-Type", header, "X-Echo", "Bearer "+failedSecret), nil
	})
}

// TestFailedIsKept: whatever a request fails with, it is in the journal to be
// looked at, without secrets, and the next run asks the API again.
func TestFailedIsKept(t *testing.T) {
	const items = `streams:
  - {name: items, path: /items, params: {per_page: 1}, records: data, pagination: {type: page, param: page, total_pages: meta.pages}, retry: {attempts: 1, cool_downs: 0}}`
	hangUp := transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to " + failedSecret) })
	long := `{"error": "` + strings.Repeat("x", journal.MaxFailed) + `"}`
	for _, tt := range []struct {
		name           string
		api            http.RoundTripper
		status         int
		why, body, har string
	}{
		{"refused", answered(403, "text/html", "<html>no, "+failedSecret+"</html>"), 403, "403", "<html>no, ***</html>", `<html>no, ***</html>`},
		{"HTML", answered(200, "text/html", "<html>log in</html>"), 200, "HTML", "<html>log in</html>", "log in"},
		{"another shape", answered(200, "application/json", `{"rows":[]}`), 200, "data", `{"rows":[]}`, `rows`},
		{"long", answered(400, "application/json", long), 400, "400", long[:journal.MaxFailed], "the last 13 bytes of the body are left out"},
		{"no answer", hangUp, 0, "no route to ***", "", `"_error":"no route to ***"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{
				definition: items, head: strings.Replace(head, "    start: {type: string}\n", "    token: {type: string, secret: true}\n", 1),
				config: `{"token": "` + failedSecret + `"}`, workDir: memoryFolder(t), api: tt.api,
			}
			if got := s.run(t); got.err == nil {
				t.Fatal("no error")
			}
			f := onlyFailure(t, s)
			if f.Stream != "items" || f.Status != tt.status || !strings.Contains(f.Why, tt.why) || string(f.Body) != tt.body || !strings.HasPrefix(f.Request, "GET http://api.test/items") {
				t.Errorf("got %s of %s: %d, %q, %.80q", f.Request, f.Stream, f.Status, f.Why, f.Body)
			}
			if echo := f.Header.Get("X-Echo"); tt.status > 0 && echo != "Bearer ***" {
				t.Errorf("the header is %q", echo)
			}
			checkFailedHAR(t, f, tt.har)
			checkNoSecret(t, s.workDir)
			s.api = rowsAPI(`{"id":1}`, `{"id":2}`, `{"id":3}`)
			if got := s.must(t); len(got.records("items")) != 3 {
				t.Errorf("the next run has %d records", len(got.records("items")))
			}
		})
	}
}

func onlyFailure(t *testing.T, s setup) *journal.Failure {
	t.Helper()
	dir, err := tap.FindSource(s.options(t, io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	all := j.Failures.All()
	if len(all) != 1 {
		t.Fatalf("%d failures, want 1", len(all))
	}
	return all[0]
}

// checkFailedHAR looks for a text in what browsers and people are shown.
func checkFailedHAR(t *testing.T, f *journal.Failure, want string) {
	t.Helper()
	var har, shown bytes.Buffer
	h, err := report.NewHAR(&har, "1")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.AddFailed(f), h.Close(), report.WriteAnswer(&shown, &f.Exchange)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(har.String(), want) || !strings.Contains(har.String(), "failed: ") {
		t.Errorf("the archive has no %q: %.500s", want, har.String())
	}
	if f.Status > 0 && !strings.Contains(shown.String(), "X-Echo: Bearer ***\n\n"+string(f.Body)+"\n") {
		t.Errorf("shown is %.500s", shown.String())
	}
}

func checkNoSecret(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(failedSecret)) {
			t.Errorf("%s holds the secret", path)
		}
		if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
