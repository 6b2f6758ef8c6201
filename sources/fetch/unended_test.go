package fetch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestUnended: an answer without a length that ends where its connection does may have
// been cut. Where its format shows no end, that is said, and the end is not proven; one
// that names its length, comes in chunks, or is closed by its format is whole.
func TestUnended(t *testing.T) {
	const rows, lines, list = "id\n1\n2\n", "{\"id\":1}\n{\"id\":2}\n", `[{"id":1},{"id":2}]`
	for _, tt := range []struct {
		name, keys, body string
		how              string // the answer ends by: close, length, chunks
		unproven         bool
	}{
		{"rows until the connection ends", "decode: csv", rows, "close", true},
		{"rows with a length", "decode: csv", rows, "length", false},
		{"rows in chunks", "decode: csv", rows, "chunks", false},
		{"lines", "decode: jsonl", lines, "close", true},
		{"members of gzip", "decode: {format: csv, unpack: [gzip]}", zipped(t, rows), "close", true},
		{"JSON", "decode: json", list, "close", false},
		{"what was found to be rows", "decode: auto", "id,n\n1,a\n2,b\n", "close", true},
		{"what was found to be JSON", "decode: auto", list, "close", false},
		{"nothing of this program's", "decode: csv", rows, "stranger", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch tt.how {
				case "close":
					conn, out, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n%s", tt.body)
					_ = out.Flush()
					_ = conn.Close()
				case "chunks":
					_ = http.NewResponseController(w).Flush()
					_, _ = w.Write([]byte(tt.body))
				default:
					if tt.how == "stranger" {
						w.Header().Set("Tap-Rest-Unended", "true")
					}
					w.Header().Set("Content-Length", fmt.Sprint(len(tt.body)))
					_, _ = w.Write([]byte(tt.body))
				}
			}))
			defer api.Close()
			at, err := url.Parse(api.URL)
			if err != nil {
				t.Fatal(err)
			}
			s := define(t, "", `path: /x, records: "@this", `+tt.keys)[0]
			got := newRig(t, s, transport(func(r *http.Request) (*http.Response, error) {
				r.URL.Scheme, r.URL.Host = at.Scheme, at.Host
				return http.DefaultTransport.RoundTrip(r)
			})).run(s, paging.Position{})
			if got.err != nil || len(got.ids) != 2 {
				t.Fatalf("got %d records and %v", len(got.ids), got.err)
			}
			if text := got.last.Proof.Unproven; strings.Contains(text, "names no length") != tt.unproven || len(got.last.Proof.Doubts) > 0 {
				t.Errorf("not proven: %q, want that: %t", text, tt.unproven)
			}
		})
	}
}
