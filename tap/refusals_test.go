package tap_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWindowsRefused: a token that the API refuses is not tried on every window of
// a stream either, nor is a login that failed for good waited for by each: the
// account says so in one line, and the next run reads all.
func TestWindowsRefused(t *testing.T) {
	const windows = "  - name: items\n    path: /items\n    schema: {type: object}\n    params: {from: \"{{ window.start }}\", to: \"{{ window.end }}\"}\n" +
		"    replication_key: updated_at\n    incremental: {start: \"2025-01-01\", window: 1d}\n"
	for _, tt := range []struct {
		name, auth string
		most       int // calls
		says       string
	}{
		{"token", "{type: bearer, token: wrong}", 14, "the API refused who asks"},
		{"login", "{type: oauth2, grant: client_credentials, token_url: http://api.test/token, client_id: a, client_secret: bbbbbbbb}", 1, "the login failed, and no more of the stream is asked for in this run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				api := newFlaky(answers(401))
				s := setup{head: "version: 1\nname: t\nclient: {base_url: http://api.test, auth: " + tt.auth + "}\n", definition: partitioned + windows, api: api, workDir: memoryFolder(t)}
				r := s.run(t)
				if r.err == nil || temporary(r.err) || !strings.Contains(r.err.Error(), tt.says) {
					t.Errorf("got %v, want a failure for good that says %q", r.err, tt.says)
				}
				if n := strings.Count(r.log, tt.says); n != 1 {
					t.Errorf("the log says %d times that no more is asked:\n%s", n, r.log)
				}
				if api.calls() > tt.most {
					t.Errorf("%d calls, want %d", api.calls(), tt.most)
				}
				s.state = r.state()
				s.head = "version: 1\nname: t\nclient: {base_url: http://api.test, auth: {type: bearer, token: right}}\n"
				api.fails = answers(0)
				if r := s.must(t); len(r.records("items")) != 152 || !done(t, r.state(), "items") {
					t.Errorf("%d records, want 152; state %s", len(r.records("items")), r.state())
				}
			})
		})
	}
}

// TestChildrenRefused: of a parent that is read for children alone, which the API
// takes nobody for, no further page is asked for.
func TestChildrenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newShops()
		for i := range 200 {
			api.add("/shops", row{ID: i + 1, Updated: "2025-01-02T00:00:00Z"})
			api.fails[fmt.Sprintf("/shops/%d/orders", i+1)] = http.StatusUnauthorized
		}
		s := setup{
			head: "version: 1\nname: t\nclient: {base_url: http://api.test, auth: {type: bearer, token: wrong}}\n",
			definition: partitioned + "  - {name: shops, path: /shops, schema: {type: object}}\n" +
				"  - name: orders\n    path: \"/shops/{{ partition.shop }}/orders\"\n    schema: {type: object}\n    partition_by: {parent: shops, keys: {shop: id}}\n",
			catalog: `{"streams":[{"tap_stream_id":"orders","stream":"orders","schema":{"type":"object"},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}`,
			api:     api, workDir: memoryFolder(t),
		}
		r := s.run(t)
		if r.err == nil || temporary(r.err) || !strings.Contains(r.err.Error(), "the API refused who asks") {
			t.Errorf("got %v", r.err)
		}
		if n := len(api.asked); n > 30 {
			t.Errorf("%d calls: %v", n, api.asked)
		}
		clear(api.fails)
		s.state = r.state()
		r = s.must(t)
		asked := map[string]bool{}
		for _, at := range api.asked {
			asked[at] = true
		}
		for i := range 200 {
			if !asked[fmt.Sprintf("/shops/%d/orders", i+1)] {
				t.Fatalf("the orders of shop %d were never asked for", i+1)
			}
		}
	})
}
