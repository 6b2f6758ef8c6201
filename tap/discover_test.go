package tap_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

func discover(t *testing.T, s setup) ([]catalog.Described, error) {
	t.Helper()
	return tap.Discover(t.Context(), s.options(t, io.Discard, io.Discard))
}

// TestDiscover infers a schema once: the second discovery makes no call, and
// neither a sync nor a catalog made of it changes anything.
func TestDiscover(t *testing.T) {
	api := rowsAPI(`{"id":1,"at":"2025-01-01T00:00:00Z"}`, `{"id":2,"at":null}`, `{"id":3,"name":"c"}`)
	s := setup{definition: policed(""), api: api, workDir: memoryFolder(t)}
	first, err := discover(t, s)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal(first[0].Schema, &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != 3 {
		t.Errorf("got schema %s, want id, at and name", first[0].Schema)
	}
	calls := api.Count()
	second, err := discover(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if api.Count() != calls {
		t.Errorf("the second discovery made %d calls", api.Count()-calls)
	}
	if string(first[0].Schema) != string(second[0].Schema) {
		t.Errorf("\nfirst  %s\nsecond %s", first[0].Schema, second[0].Schema)
	}
	s.catalog = string(catalog.AppendSinger(nil, second))
	r := s.must(t)
	if got, want := r.types(), "SCHEMA RECORD*3 STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(r.lines[0].Schema), string(second[0].Schema); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// TestSchemaCache checks the file that an inferred schema is cached in.
func TestSchemaCache(t *testing.T) {
	dir := t.TempDir()
	s := setup{definition: policed(""), api: rowsAPI(`{"id":1,"name":"a"}`), workDir: dir}
	s.must(t)
	files, err := filepath.Glob(filepath.Join(dir, "t", "schemas", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got files %q, error %v, want one", files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("got mode %o, want 600", got)
	}
	api := rowsAPI(`{"id":1,"name":"a"}`)
	s.api = api
	if _, err := discover(t, s); err != nil || api.Count() > 0 {
		t.Errorf("discovery after a sync made %d calls: %v", api.Count(), err)
	}
	// Other requests, another schema.
	s.definition = strings.Replace(s.definition, "limit: 2", "limit: 3", 1)
	if _, err := discover(t, s); err != nil || api.Count() == 0 {
		t.Errorf("the schema of other requests was used: %v", err)
	}
	s.definition = policed("")
	testrig.Write(t, files[0], `{"type":`)
	before := api.Count()
	if _, err := discover(t, s); err != nil || api.Count() == before {
		t.Errorf("a cache that cannot be read: got error %v and %d calls, want none and the schema inferred anew", err, api.Count()-before)
	}
}

// TestNoWorkDir checks that a stream with a schema needs no folder.
func TestNoWorkDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	testrig.Write(t, file, "")
	r := setup{definition: items(""), api: itemsAPI(3), workDir: file}.must(t)
	if got, want := r.types(), "SCHEMA RECORD*3 STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDiscoverCheap checks how many pages discovery asks for.
func TestDiscoverCheap(t *testing.T) {
	for _, tt := range []struct {
		name     string
		rows     int
		limit    string
		requests int
	}{
		{"small pages", 100, "limit: 2", 3},
		{"large pages", 3000, "limit: 1000", 1},
		{"short", 3, "limit: 2", 3},
		{"nothing", 0, "limit: 2", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: stamped(tt.rows, june)})
			all, err := discover(t, setup{definition: strings.Replace(policed(""), "limit: 2", tt.limit, 1), api: api})
			if err != nil {
				t.Fatal(err)
			}
			if got := api.Count(); got != tt.requests {
				t.Errorf("got %d requests, want %d", got, tt.requests)
			}
			if tt.rows > 0 && !strings.Contains(string(all[0].Schema), `"id"`) {
				t.Errorf("the schema lacks the key: %s", all[0].Schema)
			}
		})
	}
}

// TestDiscoverNothing syncs with the catalog of a stream that had no records:
// no SCHEMA may name keys that it does not have.
func TestDiscoverNothing(t *testing.T) {
	s := setup{definition: policed(""), api: rowsAPI()}
	all, err := discover(t, s)
	if err != nil {
		t.Fatal(err)
	}
	s.catalog = string(catalog.AppendSinger(nil, all))
	for _, tt := range []struct {
		rows []string
		want string
	}{
		{nil, "STATE"},
		{[]string{`{"id":1}`, `{"id":2}`}, "SCHEMA RECORD*2 STATE"},
	} {
		s.api = rowsAPI(tt.rows...)
		r := s.must(t)
		if got := r.types(); got != tt.want {
			t.Errorf("%d rows: got %s, want %s", len(tt.rows), got, tt.want)
		}
		for _, schema := range r.schemas(t) {
			if want := `{"id":{"type":"integer"}}`; schema != want {
				t.Errorf("got %s, want %s", schema, want)
			}
		}
	}
}

// TestDiscoverGiven asks the API nothing where schemas are given.
func TestDiscoverGiven(t *testing.T) {
	api := itemsAPI(3)
	all, err := discover(t, setup{definition: incremental(""), api: api})
	if err != nil {
		t.Fatal(err)
	}
	if api.Count() > 0 {
		t.Errorf("got %d requests", api.Count())
	}
	if d := all[0]; d.Name != "items" || d.ReplicationKey != "updated_at" || d.ReplicationMethod != "INCREMENTAL" || !slices.Equal(d.KeyProperties, []string{"id"}) {
		t.Errorf("got %+v", d)
	}
}

// TestDiscoverIgnored says what of a given schema is not checked, and where.
func TestDiscoverIgnored(t *testing.T) {
	var logged strings.Builder
	s := setup{definition: policed("schema: {type: object, properties: {id: {type: integer}, tags: {minContains: 2, contains: {}}}}"), api: rowsAPI()}
	if _, err := tap.Discover(t.Context(), s.options(t, io.Discard, &logged)); err != nil {
		t.Fatal(err)
	}
	if got, want := logged.String(), "/properties/tags/minContains is ignored: one element that fits contains is enough"; strings.Count(got, want) != 1 || !strings.Contains(got, "stream=items") {
		t.Errorf("got %s, want %s once", got, want)
	}
}

func TestDiscoverFails(t *testing.T) {
	_, err := discover(t, setup{definition: policed(""), api: itemsAPI(3, apitest.From(1, apitest.Status(403)))})
	checkFailure(t, err, "permanent")
}

func TestTest(t *testing.T) {
	api := itemsAPI(20)
	var out, logged strings.Builder
	if err := tap.Test(t.Context(), setup{definition: items(""), api: api}.withOut(t, &out, &logged)); err != nil {
		t.Error(err)
	}
	if out.Len() > 0 || api.Count() != 1 {
		t.Errorf("it made %d requests and wrote %q", api.Count(), out.String())
	}
	bad := rowsAPI(`{"id":1}`, `{"id":"x"}`)
	checkFailure(t, tap.Test(t.Context(), setup{definition: items(""), api: bad}.withOut(t, &out, &logged)), "record id=\"x\"")
}

func TestTestSchema(t *testing.T) {
	var out, logged strings.Builder
	api := rowsAPI(`{"id":1,"name":"a"}`)
	if err := tap.TestSchema(t.Context(), setup{definition: policed(""), api: api}.withOut(t, &out, &logged)); err != nil {
		t.Fatal(err)
	}
	r := result{lines: testrig.ReadLines(t, []byte(out.String()))}
	if got, want := r.types(), "SCHEMA"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPreview(t *testing.T) {
	var out, logged strings.Builder
	api := itemsAPI(20)
	o := setup{definition: items("    keep: \"{{ record.id != 2 }}\"\n"), api: api}.withOut(t, &out, &logged)
	look, err := tap.Preview(t.Context(), o, "items", 3)
	got := look.Records
	if err != nil {
		t.Fatal(err)
	}
	all := stamped(20, june.AddDate(0, -1, 0))
	want := []string{string(all[0]), string(all[2]), string(all[3])}
	if len(got) != 3 || string(got[0]) != want[0] || string(got[1]) != want[1] || string(got[2]) != want[2] {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	if api.Count() != 2 {
		t.Errorf("got %d requests, want 2", api.Count())
	}
	var input *tap.InputError
	if _, err := tap.Preview(t.Context(), o, "gone", 3); !errors.As(err, &input) {
		t.Errorf("got error %v, want an input error", err)
	}
}

// withOut makes the options of something else than a sync.
func (s setup) withOut(t *testing.T, out, logged io.Writer) tap.Options {
	t.Helper()
	return s.options(t, out, logged)
}
