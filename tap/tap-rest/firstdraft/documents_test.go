package firstdraft

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/drafttest"
)

// TestInitGetsDocuments gets a document by its URL: with what the command line
// says, by one call, and without a word of what is secret in it.
func TestInitGetsDocuments(t *testing.T) {
	const doc = `{"openapi": "3.0.0", "servers": [{"url": "/v1"}], "paths": {"/rows": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}}}}}`
	var asked []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+" "+r.Header.Get("X-Key"))
		switch r.URL.Path {
		case "/moved/openapi.json":
			http.Redirect(w, r, "http://other.example/openapi.json", http.StatusFound)
		case "/gone/openapi.json":
			http.Error(w, "gone", http.StatusGone)
		default:
			_, _ = w.Write([]byte(doc))
		}
	}))
	defer api.Close()
	tests := []struct{ name, path, want string }{
		{"document", "/docs/openapi.json?key=s3cret99", ""},
		{"refused", "/gone/openapi.json?key=s3cret99", "/gone/openapi.json: answered 410 Gone; save it, and name the file"},
		{"at another host", "/moved/openapi.json?key=s3cret99", "/moved/openapi.json: answered 302 Found; save it, and name the file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			in := &survey{stop: t.Context(), calls: 8, headers: []string{"X-Key: k3y"}, api: http.DefaultTransport, say: t.Logf}
			address := []byte(api.URL + tt.path)
			r, err := new(Cmd).reader(address, "")
			if err != nil {
				t.Fatal(err)
			}
			d, err := r.read(address, in)
			if path, _, _ := strings.Cut(tt.path, "?"); len(asked) != 1 || asked[0] != path+" k3y" {
				t.Errorf("asked %q, want %s once, with the header", asked, path)
			}
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret99") {
					t.Errorf("error %v, want %q in it, and no secret", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			text := string(d.AppendYAML(nil))
			if want := `default: "` + api.URL + `/v1"`; !strings.Contains(text, want) || strings.Contains(text, "s3cret99") {
				t.Errorf("%s is not in it, or a secret is:\n%s", want, text)
			}
		})
	}
}
