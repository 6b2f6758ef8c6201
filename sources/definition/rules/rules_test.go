package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
)

// TestChecks proves what is said of keys that stand together: of a stream with
// a base URL, its problems or else its warnings.
func TestChecks(t *testing.T) {
	const between = "replication_key: u, params: {from: '{{ window.start }}', to: '{{ window.end }}'}, "
	const windowed = "replication_key: u, params: {from: '{{ window.start }}'}, "
	for _, tt := range []struct{ name, keys, want string }{
		{"nothing", ``, ``},

		{"a rule of a status", `errors: [{status: 404, do: skip}]`, ``},
		{"a rule of a condition", `errors: [{when: "{{ response.error }}", do: retry, wait: 5}]`, ``},
		{"a wait of a header", `errors: [{status: 429, do: cool_down, wait: "{{ headers['x-reset'] }}"}]`, ``},
		{"a wait of a header that no answer has", `errors: [{status: 429, do: cool_down, wait: "{{ headers['X-Reset'] }}"}]`, `errors[0].wait: headers has names in lower case alone: write headers['x-reset']`},
		{"a cost of a header that no answer has", `cost: "{{ headers.Credits }}"`, `cost: headers has names in lower case alone: write headers['credits']`},
		{"a wait in minutes", `errors: [{status: 429, do: retry, wait: 1m}]`, ``},
		{"a wait that is none", `errors: [{status: 429, do: retry, wait: 1x}]`, `errors[0].wait: wants a duration, as 30s, a number of seconds or a template, not "1x"`},
		{"a wait before the next", `errors: [{status: 429, do: next, wait: 1m}]`, `errors[0].wait: belongs to do: retry, not to next`},
		{"an end of a status", `errors: [{status: 404, do: end}]`, ``},
		{"an end of a condition", `errors: [{when: "{{ response.end }}", do: end}]`, `errors[0].do: needs status: the answers that end a walk`},
		{"an end of 200 and a condition", `errors: [{status: 200, when: "{{ response.end }}", do: end}]`, ``},
		{"an end of 200", `errors: [{status: 200, do: end}]`, `errors[0].do: would end every walk at its first answer: status 200 needs when`},
		{"an end of a status that is none", `errors: [{status: x, do: end}]`, `errors[0].status: wants a status, as 409, 5xx or timeout, or a list of them, not "x"`},
		{"points", `rate_limit: {points: 9, per: 1s}, cost: 2.5`, ``},
		{"points by a template", `rate_limit: {points: 9, per: 1s, remaining: "{{ response.left }}", reset: "{{ response.reset }}"}, cost: "{{ response.cost }}"`, ``},
		{"points without cost", `rate_limit: {points: 9, per: 1s}`, `rate_limit: counts points: needs cost in client or stream, which says how many a request takes`},
		{"points and requests", `rate_limit: {points: 9, requests: 5, per: 1s}, cost: 1`, `rate_limit: counts requests or points, not both: what has both limits is a list of two`},
		{"a limit of nothing", `rate_limit: {per: 1s}`, `rate_limit: needs requests: a whole number; or points`},
		{"a reset of nothing", `rate_limit: {requests: 5, per: 1s, reset: "{{ response.reset }}"}`, `rate_limit.reset: says when what is left is back: needs remaining beside it`},
		{"a cost below 0", `cost: -1`, `cost: wants a number from 0 on, or a template, not "-1"`},
		{"a cost that is text", `cost: much`, `cost: wants a number from 0 on, or a template, not "much"`},
		{"a cost that sees no record", `cost: "{{ record.cost }}"`, `cost: unknown name "record"`},

		{"smaller pages", `errors: [{status: [504, timeout, too_large], do: smaller_page}], pagination: {type: cursor, next: n, param: c, size_param: s, size: 50}`, ``},
		{"smaller pages by a template", `errors: [{status: 413, do: smaller_page}], params: {s: "{{ page.size }}"}, pagination: {type: keyset, field: id, param: c, size: 50}, primary_key: [id]`, ``},
		{"smaller pages of no size", `errors: [{status: 504, do: smaller_page}], pagination: {type: cursor, next: n, param: c}`,
			`errors: do: smaller_page halves the size of pages: needs size in pagination, of type offset, page, cursor, keyset or relay`},
		{"smaller pages of a size that is not sent", `errors: [{status: 504, do: smaller_page}], pagination: {type: cursor, next: n, param: c, size: 50}`,
			`errors: do: smaller_page halves the size of pages, and nothing sends it: needs size_param in pagination, or a template that uses page.size`},
		{"smaller pages of a scroll", `errors: [{status: 504, do: smaller_page}], pagination: {type: cursor, next: n, param: c, size_param: s, size: 50, session: true}`,
			`errors: do: smaller_page asks for a page again, and with session: true none may be`},
		{"no answer, and skipped", `errors: [{status: [404, timeout], do: skip}]`, `errors[0].status: timeout and too_large are no answers: they are for do: smaller_page, not for skip`},
		{"no answer, and looked at", `errors: [{status: timeout, when: "{{ response.x }}", do: smaller_page}], pagination: {type: cursor, next: n, param: c, size_param: s, size: 50}`,
			`errors[0].when: is about an answer, and timeout and too_large are none`},

		{"no waits", `retry: {attempts: 1}`, ``},
		{"waits that grow", `retry: {min_wait: 5s, max_wait: 5s}`, ``},
		{"waits that shrink", `retry: {min_wait: 2s, max_wait: 1s}`, `retry: min_wait 2s is longer than max_wait 1s`},
		{"a least wait above the longest", `retry: {min_wait: 61s}`, `retry: min_wait 1m1s is longer than max_wait 1m0s`},
		{"a longest wait below the least", `retry: {max_wait: 500ms}`, `retry: min_wait 1s is longer than max_wait 500ms`},

		{"a form", `body: {form: {a: 1}}`, ``},
		{"an empty text", `body: {text: ""}`, ``},
		{"a form and a text", `body: {form: {a: 1}, text: b}`, `body: form, text: only one of them is possible`},

		{"the page in a parameter", `pagination: {type: page, param: p, total: n}`, ``},
		{"the page in a template", `params: {p: "{{ page.number }}"}, pagination: {type: page, total: n}`, ``},
		{"the page in the path", `path: "/s/{{ page.number }}", pagination: {type: page, total: n}`, ``},
		{"the page in a body's template", `body: {text: "{{ page.token }}"}, pagination: {type: cursor, next: n}`, ``},
		{"the page in a later body", `pagination: {type: cursor, next: n, after_first: {body: {json: {p: "{{ page.token }}"}}}}`, ``},
		{"the page nowhere", `pagination: {type: cursor, next: n}`, `pagination: nothing sends the page: needs param, header or body, or a template that uses page`},
		{"a URL needs no place", `pagination: {type: next_url, next: n}`, ``},
		{"a size without a parameter", `pagination: {type: page, param: p, size: 5, total: n}`, ``},
		{"a parameter without a size", `pagination: {type: page, param: p, size_param: l, total: n}`, `pagination.size_param: needs size beside it`},
		{"the page in a JSON body", `body: {json: {}}, pagination: {type: cursor, next: n, body: a.b}`, ``},
		{"a connection", `body: {graphql: {query: "query($after: String) {a(after: $after)}"}}, pagination: {type: relay, connection: data.a}`, ``},
		{"a connection without a query", `pagination: {type: relay, connection: data.a}`, `pagination.connection: needs body: {graphql: {query: …}} in the stream`},
		{"a connection whose query takes no page", `body: {graphql: {query: "{a}"}}, pagination: {type: relay, connection: data.a}`, `pagination.connection: the query does not take its next page: write query($first: Int, $after: String) {orders(first: $first, after: $after) {pageInfo {hasNextPage endCursor} …}}`},
		{"a connection that is sent as others are", `body: {graphql: {query: "query($after: String) {a(after: $after)}"}}, pagination: {type: relay, connection: data.a, param: after}`, `pagination: key "param" belongs to type cursor, page, offset, keyset, not to relay`},
		{"the page in the variables of GraphQL", `body: {graphql: {query: q}}, pagination: {type: cursor, next: n, body: variables.after}`, ``},
		{"the page in a form", `body: {form: {}}, pagination: {type: cursor, next: n, body: a}`, `pagination.body: is a path in the JSON body: the stream has no body: {json: …}`},
		{"the page in a JSON body from the second on", `pagination: {type: cursor, next: n, body: a, after_first: {body: {json: {}}}}`, ``},
		{"the page in each of a body", `body: {json: {}}, pagination: {type: cursor, next: n, body: "a.#.b"}`, `pagination.body: wants keys with points between, as query.after`},
		{"the page in a header and a body", `body: {json: {}}, pagination: {type: cursor, next: n, header: H, body: b}`, `pagination: header, body: only one of them is possible`},
		{"a limit, and one window that nothing halves", `primary_key: [id], replication_key: at, params: {a: "{{ window.start }}", b: "{{ window.end }}"}, incremental: {start: "2025-01-01"}, pagination: {type: offset, param: o, total: n, size: 5, max_offset: 10}`, `pagination.max_offset: nothing says how what lies behind it is read, so that the stream fails there: give beyond; or incremental.window (or run.window in a config) with {{ window.end }} sent, and windows are halved`},
		{"a limit, and windows", `primary_key: [id], replication_key: at, params: {a: "{{ window.start }}", b: "{{ window.end }}"}, incremental: {start: "2025-01-01", window: 1d}, pagination: {type: offset, param: o, total: n, size: 5, max_offset: 10}`, ``},
		{"beyond, misspelled", `primary_key: [id], pagination: {type: page, param: p, total: n, size: 5, max_offset: 10, beyonds: {field: id, param: a}}`, `pagination: unknown key "beyonds"; did you mean "beyond"?`},
		{"its field, misspelled", `primary_key: [id], pagination: {type: page, param: p, total: n, size: 5, max_offset: 10, beyond: {feild: id, param: a}}`, `pagination.beyond: unknown key "feild"; did you mean "field"?`},
		{"its parameter, misspelled", `primary_key: [id], pagination: {type: page, param: p, total: n, size: 5, max_offset: 10, beyond: {field: id, parm: a}}`, `pagination.beyond: unknown key "parm"; did you mean "param"?`},
		{"its parameter, left out", `primary_key: [id], pagination: {type: page, param: p, total: n, size: 5, max_offset: 10, beyond: {field: id}}`, `pagination.beyond: needs one of param, header and body: it carries the value of field`},
		{"what it names, misspelled", `primary_key: [order_id], pagination: {type: page, param: p, total: n, size: 5, max_offset: 10, beyond: {field: ordre_id, param: a}}`, `pagination.beyond: records that share a value of ordre_id may be lost behind max_offset; it is not the primary_key (did you mean "order_id"?)`},
		{"the parameter of a page, misspelled", `pagination: {type: page, parm: p, total: n}`, `pagination: unknown key "parm"; did you mean "param"?`},
		{"next, misspelled", `pagination: {type: cursor, nxt: n, param: p}`, `pagination: unknown key "nxt"; did you mean "next"?`},
		{"a session that is opened", `params: {s: "{{ page.session }}"}, pagination: {type: cursor, next: n, param: c, open: {path: /o, session: id}, close: {path: "/o/{{ page.session }}"}}`, ``},
		{"a session that nothing opens", `params: {s: "{{ page.session.id }}"}, pagination: {type: cursor, next: n, param: c}`, `pagination: page.session is what pagination.open answered, and there is no open: write the request that opens the session, as open: {path: /x/_pit, session: id}; what an answer itself says of the next page is page.token`},
		{"a session that nothing opens, and close", `pagination: {type: cursor, session: true, next: n, param: c, close: {path: /o, params: {s: "{{ page.session }}"}}}`, `pagination: page.session is what pagination.open answered, and there is no open: write the request that opens the session, as open: {path: /x/_pit, session: id}; what an answer itself says of the next page is page.token`},
		{"a session that nothing sends", `pagination: {type: cursor, next: n, param: c, open: {path: /o}, close: {path: "/o/{{ page.session }}"}}`, `pagination.open: nothing that asks for pages sends what open answered, so they may not be asked for in the session: write {{ page.session }} where the API wants it, as params: {pit: "{{ page.session }}"}`},
		{"a session of cookies", `pagination: {type: cursor, next: n, param: c, open: {path: /o}}, cookies: true`, ``},
		{"a keyset by the key", `primary_key: [id], pagination: {type: keyset, field: id, param: p}`, ``},
		{"a keyset by one of two", `primary_key: [id, at], pagination: {type: keyset, field: id, param: p}`, `pagination.field: records that share a value of id may be lost between pages; it is not the primary_key`},

		{"incremental by a window", windowed + `incremental: {start: 2024-01-01}`, ``},
		{"incremental by a filter", `replication_key: u, incremental: {client_filter: true}`, ``},
		{"incremental by a bookmark", `incremental: {bookmark: token, client_filter: true}`, ``},
		{"incremental in a header", `replication_key: u, headers: {If-Modified-Since: "{{ window.start }}"}, incremental: {}`, ``},
		{"incremental by nothing", `replication_key: u, incremental: {start: 2024-01-01}`, `incremental: nothing in the request uses window, so each sync asks for everything: send {{ window.start }}, or say client_filter: true`},
		{"without a key", `incremental: {client_filter: true}`, `incremental: needs replication_key or bookmark: what says how far a sync came`},
		{"a start of a template", windowed + `incremental: {start: "{{ now }}"}`, ``},
		{"a start that is none", windowed + `incremental: {start: monday}`, `incremental.start: wants a time, as 2024-01-01T00:00:00Z, not "monday"`},
		{"an end that is none", windowed + `incremental: {end: monday}`, `incremental.end: wants a time, as 2024-01-01T00:00:00Z, not "monday"`},
		{"integers", windowed + `incremental: {format: integer, start: 0}`, ``},
		{"a start that is no integer", windowed + `incremental: {format: integer, start: 1.5}`, `incremental.start: wants an integer, as format says, not "1.5"`},
		{"integers that look back", windowed + `incremental: {format: integer, lookback: 1d}`, `incremental.lookback: has no meaning with format integer: it is about time`},
		{"integers in a zone", windowed + `incremental: {format: integer, timezone: UTC}`, `incremental.timezone: has no meaning with format integer: it is about time`},
		{"days", between + `incremental: {start: 2024-01-01, window: 1d}`, ``},
		{"months of a format of months", between + `incremental: {start: 2024-01-01, window: 1mo, format: "%Y-%m"}`, ``},
		{"days of a format of months", between + `incremental: {start: 2024-01-01, window: 1d, format: "%Y-%m"}`, `incremental.window: is less than format %Y-%m can say: both ends of such a window are written as "2024-01"; write a longer window, or a finer format`},
		{"months of a format of years", between + `incremental: {start: 2024-01-01, window: 1mo, format: "%Y"}`, `incremental.window: is less than format %Y can say: both ends of such a window are written as "2024"; write a longer window, or a finer format`},
		{"a month and a day", between + `incremental: {start: 2024-01-01, window: 1mo1d}`, `incremental.window: wants months or years alone, as 3mo, or a duration, as 36h, not "1mo1d"`},
		{"windows that nothing sends", `replication_key: u, incremental: {start: 2024-01-01, window: 1d, client_filter: true}`, `incremental.window: nothing in the requests uses window: each would ask for the same`},
		{"windows without an end", windowed + `incremental: {start: 2024-01-01, window: 1d}`, `incremental.window: the requests do not send {{ window.end }}: each window would ask for all records up to now`},
		{"reports of a day by its date", windowed + `incremental: {start: 2024-01-01, window: 1d, whole_windows: true, format: date}`, ``},
		{"whole windows of no length", between + `incremental: {start: 2024-01-01, whole_windows: true}`, `incremental.whole_windows: needs window beside it: how long is a whole window?`},
		{"integers, sorted", windowed + `incremental: {format: integer, sorted: true}`, ``},

		{"what did not change", `primary_key: [id], skip_unchanged: true, ` + windowed + `incremental: {lookback: 1d}`, ``},
		{"what did not change of a full table", `primary_key: [id], skip_unchanged: true`, `skip_unchanged: needs incremental with lookback beside it: it is about the records that a lookback reads again`},
		{"what did not change without a key", `skip_unchanged: true, ` + windowed + `incremental: {lookback: 1d}`, `skip_unchanged: needs primary_key: what tells whether a record is the same as before?`},
		{"what did not change without lookback", `primary_key: [id], skip_unchanged: true, ` + windowed + `incremental: {}`, `skip_unchanged: needs incremental.lookback: without it no record is read again that did not change`},
		{"what did not change of integers", `primary_key: [id], skip_unchanged: true, ` + windowed + `incremental: {format: integer}`, `skip_unchanged: needs a replication_key that is a time, and lookback: it is about the records that a lookback reads again`},
		{"what is gone", `primary_key: [id], on_delete: mark, max_deletes: 5%`, ``},
		{"what is gone since a time", `primary_key: [id], on_delete: mark, ` + windowed + `incremental: {}`, `on_delete: is not possible beside incremental: only a stream that is read whole each time shows which records are gone`},
		{"what is gone without a key", `on_delete: mark`, `on_delete: needs primary_key: without it nothing says which record is gone`},
		{"pages that did not change", `etag: true`, ``},
		{"tags of a POST", `etag: true, method: POST, body: {json: {}}`, `etag: needs method: GET`},
		{"tags and marks", `etag: true, primary_key: [id], on_delete: mark`, `etag: is not possible beside on_delete: mark: it takes records that did not come for gone`},
		{"tags and two walks", `etag: true, on_incomplete: again`, `etag: is not possible beside on_incomplete: again, nor overlap`},
		{"tags and overlap", `etag: true, pagination: {type: offset, param: o, overlap: 1}`, `etag: is not possible beside on_incomplete: again, nor overlap`},
		{"tags and a last page that repeats", `etag: true, pagination: {type: page, param: p, at_end: repeat}`, `etag: is not possible beside at_end: repeat`},
		{"tags and a keyset", `etag: true, primary_key: [id], pagination: {type: keyset, param: p, field: id}`, `etag: is not possible beside type: keyset`},
		{"tags and pages beyond a limit", `etag: true, primary_key: [id], pagination: {type: page, param: p, max_offset: 10, beyond: {field: id, param: after}}`, `etag: is not possible beside pagination.beyond: the walk goes on from the last record before max_offset, which does not come`},
		{"tags and a stop that counts", `etag: true, records: data, pagination: {type: page, param: p, stop: "{{ response.data | length < 2 }}"}`, `etag: is not possible beside pagination.stop: it may look at the records of an answer, which do not come where that did not change`},
		{"tags and a keep by the clock", `etag: true, keep: "{{ record.at < now }}"`, `etag: is not possible beside a keep that looks at now or window`},
		{"tags and a filter here", `etag: true, ` + windowed + `incremental: {client_filter: true}`, `etag: is not possible beside client_filter`},
		{"a brake alone", `max_deletes: 10`, `max_deletes: has no meaning without on_delete: mark`},
		{"a brake that is none", `primary_key: [id], on_delete: mark, max_deletes: most`, `max_deletes: wants a percentage, as 20%, or a whole number, not "most"`},

		{"rows", `columns: [a, b], short_rows: null`, ``},
		{"not single, but keyed", `single: false, keyed: id`, ``},
		{"single rows", `single: true, columns: [a]`, `columns: single and columns: only one of them is possible`},
		{"short rows without columns", `short_rows: fail`, ``},
		{"one or many, keyed", `one_or_many: true, keyed: id`, ``},
		{"one or many rows", `one_or_many: true, columns: [a]`, `one_or_many: is about a list or an object of records; with single or columns it has no meaning`},

		{"a closed schema", `primary_key: [id], schema: {additionalProperties: false, properties: {id: {}}}`, ``},
		{"a closed schema and a field that is added", `primary_key: [x], add: {x: 1}, schema: {additionalProperties: false, properties: {id: {}}}`, ``},
		{"an open schema", `primary_key: [id], schema: {properties: {}}`, ``},
		{"an open schema that drops", `primary_key: [id], on_new_field: drop, schema: {properties: {idd: {}}}`, `primary_key[0]: the schema allows no such field: unknown field "id"; did you mean "idd"?`},
		{"a schema of patterns that drops", `primary_key: [id], on_new_field: drop, schema: {properties: {}, patternProperties: {"^i": {}}}`, ``},
		{"a schema that says what others are", `primary_key: [id], on_new_field: drop, schema: {properties: {}, additionalProperties: {type: string}}`, ``},
		{"a replication key in no closed schema", windowed + `incremental: {}, schema: {additionalProperties: false, properties: {id: {}}}`, `replication_key: the schema allows no such field: unknown field "u"; known here: id`},

		{"another host", `allow_hosts: [cdn.example.com, "b.example:8443"]`, ``},
		{"another host as a URL", `allow_hosts: [cdn.example.com, "b.example/x"]`, `allow_hosts[1]: wants the name of a host, as cdn.example.com, not "b.example/x"`},
		{"an absolute path", `path: "https://b.example/x"`, ``},
		{"an absolute path of another scheme", `path: "ftp://b.example/x"`, `path: wants a path, or a URL of http or https, not "ftp://b.example/x"`},
		{"a URL in a path's query", `path: "/x?to=ftp://b.example"`, ``},
		{"a host of a template", `base_url: "{{ config.x }}"`, ``},
		{"a base URL that is none", `base_url: b.example`, `base_url: wants an absolute URL, as https://api.example.com, not "b.example"`},
		{"a base URL with a fragment", `base_url: "http://b.example/#a"`, `base_url: a path is appended to it: it cannot hold #`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := "path: /s, "
			if strings.HasPrefix(tt.keys, "path:") {
				path = ""
			}
			text := "version: 1\nname: t\nsettings: {additionalProperties: true}\nclient: {base_url: \"http://api.test\"}\nstreams: [{name: s, " + path + tt.keys + "}]\n"
			got := strings.Join(said(t, text), "; ")
			if want := tt.want; got != want && !(want != "" && strings.HasPrefix(got, want+": ")) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// said returns the problems of a definition of one stream, or else its
// warnings.
func said(t *testing.T, text string) (all []string) {
	t.Helper()
	for _, p := range problemsOf(t, text) {
		all = append(all, strings.TrimPrefix(p.Place, "streams[0] (s).")+": "+p.Msg)
	}
	return all
}

// saidWithLines is said of any definition, with the lines.
func saidWithLines(t *testing.T, text string) (all []string) {
	t.Helper()
	for _, p := range problemsOf(t, text) {
		all = append(all, fmt.Sprintf("%d: %s: %s", p.Line, p.Place, p.Msg))
	}
	return all
}

func problemsOf(t *testing.T, text string) document.Problems {
	t.Helper()
	d, err := definition.Parse("t.yaml", []byte(text))
	var problems document.Problems
	switch {
	case errors.As(err, &problems):
	case err != nil:
		t.Fatal(err)
	default:
		problems = d.Warnings
	}
	return problems
}
