package rules_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestMovingIsWarnedOf proves that lint warns of ways of paging in which rows
// that move are lost unseen, and of no others.
func TestMovingIsWarnedOf(t *testing.T) {
	const window, end = "leave a window that has an end", `from: "{{ window.start }}", to: "{{ window.end }}"`
	for _, tt := range []struct{ params, stream, want string }{
		{"", `pagination: {type: page, param: page}`, "which nothing shows: give total, or on_incomplete: again"},
		{"", `pagination: {type: offset, param: offset}`, "or on_incomplete: again in the stream, or overlap: 1"},
		{"", `pagination: {type: offset, param: offset, overlap: 1}`, ""},
		{"", `pagination: {type: offset, param: offset, total: total}`, ""},
		{"", `pagination: {type: page, param: page, total_pages: pages}`, ""},
		{"", `on_incomplete: again, pagination: {type: page, param: page}`, ""},
		{"", `pagination: {type: link_header}`, ""},
		{"", `etag: true, pagination: {type: page, param: page}`, "which nothing shows: give total"},
		{end, `pagination: {type: page, param: page}`, window},
		{end, `pagination: {type: offset, param: offset}`, window},
		{end, `pagination: {type: link_header}`, window},
		{end, `pagination: {type: next_url, next: next}`, window},
		{end, `pagination: {type: next_url, next: next, total: total}`, ""},
		{end, `on_incomplete: again, pagination: {type: link_header}`, ""},
		{end, `pagination: {type: offset, param: offset, total: total}`, ""},
		{end, `pagination: {type: cursor, next: next, param: cursor}`, ""},
		{`from: "{{ window.start }}"`, `pagination: {type: next_url, next: next}`, ""},
	} {
		params := tt.params
		if params == "" {
			params = `from: "{{ window.start }}"`
		}
		d, err := definition.Parse("t.yaml", []byte(`{version: 1, name: t, client: {base_url: "http://api.test"}, streams: [{name: s, path: /s, primary_key: [id], `+
			`replication_key: at, incremental: {start: "2025-01-01"}, params: {`+params+`}, `+tt.stream+`}]}`))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range d.Warnings {
			got += w.Error()
		}
		if strings.Contains(tt.stream, "etag") && strings.Contains(got, "on_incomplete") {
			t.Errorf("%s: %q advises what is refused beside etag", tt.stream, got)
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s, %s: got warnings %q, want %q", tt.params, tt.stream, got, tt.want)
		}
	}
}

// TestMovingContradicts proves that keys which work against one another are
// refused.
func TestMovingContradicts(t *testing.T) {
	for stream, want := range map[string]string{
		`pagination: {type: offset, param: offset, size: 2, overlap: 2}`:                                                "must be less than size",
		`on_incomplete: again, incremental: {sorted: true}, replication_key: at, pagination: {type: page, param: page}`: "moves the bookmark before",
	} {
		_, err := definition.Parse("t.yaml", []byte(`{version: 1, name: t, client: {base_url: "http://api.test"}, streams: [{name: s, path: "/s?a={{ window.start }}", `+stream+`}]}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", stream, err, want)
		}
	}
}
