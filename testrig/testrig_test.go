package testrig_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestLines proves that lines are read as they stand, and that one which broke off is none.
func TestLines(t *testing.T) {
	const out = `{"type":"SCHEMA","stream":"a","schema":{"x":1.0},"key_properties":["id"],"bookmark_properties":["at"]}
{"type":"RECORD","stream":"a","record":{"id":9007199254740993, "b":1},"version":7,"time_extracted":"2025"}
{"type":"STATE","value":{"n":1.0}}
{"type":"RECORD","stream":"b","record":{"id":"x"}}
{"type":"STATE","value":{"n":2`
	lines := testrig.ReadLines(t, out)
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 4: the last one broke off", len(lines))
	}
	s := lines[0]
	if s.Type != "SCHEMA" || string(s.Schema) != `{"x":1.0}` || !slices.Equal(s.Keys, []string{"id"}) || !slices.Equal(s.Bookmarks, []string{"at"}) {
		t.Errorf("the schema is %+v", s)
	}
	if r := lines[1]; r.Version != 7 || r.Extracted != "2025" {
		t.Errorf("the record is %+v", r)
	}
	if got, want := lines.Records("a"), []string{`{"id":9007199254740993, "b":1}`}; !slices.Equal(got, want) {
		t.Errorf("records of a are %q, want %q", got, want)
	}
	if got, want := lines.IDs(""), []string{"9007199254740993", `"x"`}; !slices.Equal(got, want) {
		t.Errorf("ids are %q, want %q", got, want)
	}
	if got := lines.State(); got != `{"n":1.0}` {
		t.Errorf("the state is %s", got)
	}
	if got := testrig.ReadLines(t, []byte(nil)).State(); got != "" {
		t.Errorf("the state of nothing is %q", got)
	}
}

// said is a test that keeps what is said of it.
type said struct {
	testing.TB
	errors []string
}

func (s *said) Helper() {}
func (s *said) Errorf(f string, values ...any) {
	s.errors = append(s.errors, fmt.Sprintf(f, values...))
}

// TestUnion proves that what is missing, strange and doubled is seen.
func TestUnion(t *testing.T) {
	want := []string{"a", "b", "c"}
	for _, tt := range []struct {
		name   string
		got    []string
		twice  int
		errors []string
	}{
		{"whole", []string{"c", "a", "b"}, 0, nil},
		{"twice and three times", []string{"a", "a", "b", "b", "b", "c"}, 3, nil},
		{"missing", []string{"a"}, 0, []string{"missing: 2 records of 3 are missing, the first is b; 1 different ones came"}},
		{"strange", []string{"a", "b", "c", "x", "x"}, 0, []string{"strange: 1 records were never in the API, one is x"}},
	} {
		s := &said{TB: t}
		if twice := testrig.Union(s, tt.name, tt.got, want); twice != tt.twice || !slices.Equal(s.errors, tt.errors) {
			t.Errorf("%s: %d twice, and it says %q; want %d, %q", tt.name, twice, s.errors, tt.twice, tt.errors)
		}
	}
}

// TestAnswer proves that an answer is what net/http's client would give.
func TestAnswer(t *testing.T) {
	client := http.Client{Transport: testrig.API(func(r *http.Request) (*http.Response, error) {
		return testrig.Answer(r, 418, "tea", "X-A", "1", "X-A", "2"), nil
	})}
	resp, err := client.Get("http://api.test/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "tea" || resp.StatusCode != 418 || resp.ContentLength != 3 || !slices.Equal(resp.Header.Values("X-A"), []string{"1", "2"}) {
		t.Errorf("got %v %q, length %d, headers %v: %v", resp.StatusCode, body, resp.ContentLength, resp.Header, err)
	}
	if got := testrig.JSON(resp.Request, 200, "{}").Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("JSON has the type %q", got)
	}
}

// TestFolders proves that folders are new, and gone with their test.
func TestFolders(t *testing.T) {
	var dirs []string
	t.Run("folders", func(t *testing.T) {
		from := testrig.Folder(t)
		if err := os.WriteFile(filepath.Join(from, "f"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		to := testrig.CopyFolder(t, from)
		if b, err := os.ReadFile(filepath.Join(to, "f")); err != nil || string(b) != "x" || to == from {
			t.Errorf("the copy has %q: %v", b, err)
		}
		dirs = []string{from, to}
	})
	for _, dir := range dirs {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	}
}
