package tap_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// fileAPI serves one file, and counts how often.
type fileAPI struct {
	data  []byte
	calls int
}

func (a *fileAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	a.calls++
	return testrig.Answer(r, 200, string(a.data)), nil
}

func parquetFile(t *testing.T, name string) []byte {
	t.Helper()
	data := testrig.Read(t, "../sources/fetch/decode/parquet/testdata/"+name)
	return data
}

// TestSchemaOfFile: a file that says of what types it is gives its schema to discovery
// and to a sync without a catalog: fields that hold only nulls in it have a type, what
// add says is there besides, and a key may not be null.
func TestSchemaOfFile(t *testing.T) {
	for _, decode := range []string{"parquet", "auto"} {
		t.Run(decode, func(t *testing.T) {
			api := &fileAPI{data: parquetFile(t, "tiny.parquet")}
			s := setup{api: api, workDir: memoryFolder(t), definition: `streams: [{name: x, path: /x, decode: ` + decode + `, primary_key: [id], add: {run: "{{ 7 }}"}}]` + "\n"}
			found, err := discover(t, s)
			if err != nil {
				t.Fatal(err)
			}
			got := string(found[0].Schema)
			const want = `{"type":"object","properties":{"list":{"type":["null","array"],"items":{"type":["null","integer"]}},` +
				`"map":{"type":["null","object"],"additionalProperties":{"type":["null","integer"]}},"id":{"type":"integer"},"run":{"type":["null","integer"]}}}`
			if got != want {
				t.Errorf("discovered\n%s\nwant\n%s", got, want)
			}
			if api.calls != 1 {
				t.Errorf("%d calls, want 1: one file says it all", api.calls)
			}
			if again, err := discover(t, s); err != nil || string(again[0].Schema) != got || api.calls != 1 {
				t.Errorf("the second discovery: %v, %d calls in all", err, api.calls)
			}
			s.workDir = memoryFolder(t)
			if r := s.must(t); string(r.lines[0].Schema) != got {
				t.Errorf("a sync without a catalog wrote the schema\n%s\nwant\n%s", r.lines[0].Schema, got)
			}
			s.catalog = string(catalog.AppendSinger(nil, found))
			if r := s.must(t); len(r.records("x")) == 0 || string(r.lines[0].Schema) != got {
				t.Errorf("a sync with the catalog: %s", r.types())
			}
		})
	}
}

// TestPreviewOfAuto: what decode: auto takes an answer for stands beside the request.
func TestPreviewOfAuto(t *testing.T) {
	s := setup{api: &fileAPI{data: parquetFile(t, "tiny.parquet")}, workDir: memoryFolder(t), definition: "streams: [{name: x, path: /x, decode: auto}]\n"}
	look, err := tap.Preview(t.Context(), s.options(t, io.Discard, io.Discard), "x", 3)
	if err != nil || len(look.Requests) != 1 || !strings.HasPrefix(look.Requests[0].Took, "auto takes the answer for parquet: ") {
		t.Errorf("got %+v, %v", look, err)
	}
}

// TestLooksAtExports: whoever looks at an export's first records has a job done, says so
// before, waits for it, reads no more of its files than needed, and has it removed. With
// a schema, discovery needs no job.
func TestLooksAtExports(t *testing.T) {
	const bare = "    schema: {type: object}\n"
	for name, look := range map[string]func(context.Context, tap.Options) error{
		"discovery": func(ctx context.Context, o tap.Options) error { _, err := tap.Discover(ctx, o); return err },
		"test":      tap.Test,
		"preview":   func(ctx context.Context, o tap.Options) error { _, err := tap.Preview(ctx, o, "x", 2); return err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &exportAPI{}
				s := setup{api: api, workDir: memoryFolder(t), definition: strings.Replace(exportStream, bare, "", 1)}
				var log bytes.Buffer
				if err := look(t.Context(), s.options(t, io.Discard, &log)); err != nil {
					t.Fatal(err)
				}
				if api.jobs != 1 || api.removed != 1 || api.polls != 3 {
					t.Errorf("%d jobs, %d removed, %d polls", api.jobs, api.removed, api.polls)
				}
				files := 0
				for _, n := range api.downloads {
					files += n
				}
				if most := map[string]int{"discovery": 3, "test": 1, "preview": 1}[name]; files != most {
					t.Errorf("%d files were read, want %d", files, most)
				}
				said, asked := strings.Index(log.String(), "may cost what a job costs"), strings.Index(log.String(), "not done yet")
				if said < 0 || asked < said || strings.Contains(log.String(), "first page holds no record") {
					t.Errorf("the log:\n%s", log.String())
				}
			})
		})
	}
	api := &exportAPI{}
	if _, err := discover(t, setup{api: api, workDir: memoryFolder(t), definition: exportStream}); err != nil || api.requests != 0 {
		t.Errorf("discovery of an export with a schema: %v, %d requests", err, api.requests)
	}
}

// emptyFiles are exports without a record.
type emptyFiles struct{ *exportAPI }

func (a emptyFiles) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.exportAPI.RoundTrip(r)
	if err == nil && r.URL.Host == "files.test" {
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader("[]")), 2
	}
	return resp, err
}

// TestFewJobsForALook: where the newest windows are empty, two jobs are asked for, and
// not one for each window.
func TestFewJobsForALook(t *testing.T) {
	api := emptyFiles{&exportAPI{}}
	s := setup{api: api, workDir: memoryFolder(t), definition: strings.Replace(exportStream, "    schema: {type: object}\n",
		"    replication_key: at\n    incremental: {start: \"2024-01-01T00:00:00Z\", window: 1d}\n", 1)}
	s.definition = strings.Replace(s.definition, "{of: x}", `{from: "{{ window.start }}", to: "{{ window.end }}"}`, 1)
	if _, err := discover(t, s); err != nil {
		t.Fatal(err)
	}
	if api.jobs != 2 || api.removed != 2 {
		t.Errorf("%d jobs, %d removed, want 2", api.jobs, api.removed)
	}
}

// TestSchemaOfAnotherDecode: a cached schema is of records as they were decoded.
func TestSchemaOfAnotherDecode(t *testing.T) {
	api := &fileAPI{data: []byte("id,n\n1,2\n")}
	s := setup{api: api, workDir: memoryFolder(t)}
	for i, decode := range []string{"csv", "{format: csv, header: [a, b]}", "csv"} {
		s.definition = "streams: [{name: x, path: /x, decode: " + decode + "}]\n"
		found, err := discover(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if named := strings.Contains(string(found[0].Schema), `"id"`); named != (i != 1) || api.calls != min(i+1, 2) {
			t.Errorf("%s: %d calls, %s", decode, api.calls, found[0].Schema)
		}
	}
}
