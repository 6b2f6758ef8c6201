package fetch_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestCutFiles proves that packed data which ends too early is told of by how much of it
// came and what the run does, and not by what was unpacked of it, which is what the
// definition expects.
func TestCutFiles(t *testing.T) {
	packed := zipped(t, "id,name\n"+strings.Repeat("1,a name\n2,another name\n", 40))
	const does = "none of its records are taken, and the next run asks for it again"
	for _, tt := range []struct {
		name, decode string
		header       http.Header
		says         []string
	}{
		{"gzip", "{format: csv, unpack: [gzip]}", nil, []string{"gzip, byte 50: the packed data ends too early: 50 bytes of it came, and became ", does}},
		{"gzip that was found", "auto", nil, []string{"the packed data ends too early: 50 bytes of it came"}},
		{"an encoding", "csv", http.Header{"Content-Encoding": {"gzip"}}, []string{"Content-Encoding gzip: the packed data ends too early: 50 bytes of it came", does}},
		{"an encoding of JSON", "json", http.Header{"Content-Encoding": {"gzip"}}, []string{"Content-Encoding gzip: the packed data ends too early: 50 bytes of it came", does}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, "retry: {attempts: 3, cool_down: 0s}", `path: /x, records: "@this", decode: `+tt.decode)[0]
				api := &script{answers: []answer{{200, packed[:50], tt.header}}}
				e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
				for _, says := range tt.says {
					if !strings.Contains(e.Error(), says) {
						t.Errorf("got %v\nwant %q", e, says)
					}
				}
				if strings.Contains(e.Error(), "write decode") || len(api.requests) != 2 {
					t.Errorf("%d requests, and %v", len(api.requests), e)
				}
			})
		})
	}
}
