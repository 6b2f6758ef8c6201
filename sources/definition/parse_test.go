package definition_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/builtin"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
)

// head is a definition up to its streams, seven lines.
const head = `version: 1
name: t
settings:
  properties: {token: {type: string}, accounts: {type: array}}
client:
  base_url: https://api.example.com
streams:
`

// stream is a definition whose only stream has these keys, from line 9 on.
func stream(keys string) string {
	return head + "  - name: s\n    path: /s\n" + indented(keys)
}

func indented(keys string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.Trim(keys, "\n"), "\n") {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// client is a definition with these keys in the client, from line 5 on.
func client(keys string) string {
	return "version: 1\nname: t\nsettings: {properties: {token: {type: string}}}\nclient:\n" + indented("base_url: https://a.example\n"+keys) + "streams: [{name: s, path: /s}]\n"
}

var bad = []struct {
	name string
	text string
	want string // without the file's name
}{
	// The file.
	{"empty", "", `1:1: the file is empty; it wants version, name and streams`},
	{"only a comment", "# nothing\n", `1:1: the file is empty; it wants version, name and streams`},
	{"several documents", "version: 1\n---\nversion: 1\n", `2:1: a second document begins here; a definition is one`},
	{"text", "hello", `1:1: is no definition: its top level has none of "version", "name" and "streams"`},
	{"list", "- 1", `1:1: is no definition: its top level has none of "version", "name" and "streams"`},
	{"tab", "version: 1\nclient:\n\tbase_url: x\n", `3:1: not YAML: found character that cannot start any token; indent with spaces, not tabs`},
	{"line break in flow", "version: 1\nname: t\nclient: {base_url: x\nstreams: []\n", `3:1: not YAML: did not find expected ',' or '}'`},
	{"two values", "version: 1\nname: a: b\n", `2:1: not YAML: mapping values are not allowed in this context`},
	{"unknown anchor", "version: 1\nname: *x\n", `2:1: not YAML: unknown anchor 'x' referenced`},
	{"control character", "version: 1\nname: \x01\n", `2:1: not YAML: control characters are not allowed`},
	{"unquoted template", stream("keep: {{ record.id }}"), `10:11: streams[0] (s).keep: text that begins with {{: quote it`},
	{"unquoted template and text", stream("params: {a: 1}\nheaders: {A: {{ now }}/b}"), `11:18: text that begins with {{: quote it`},
	{"unquoted %", stream("incremental:\n  format: %Y"), `11:15: text that begins with %: quote it`},
	{"unquoted @", stream("records: @this"), `10:14: text that begins with @: quote it`},
	{"duplicate key", stream("records: data\nrecords: rows"), `11:5: streams[0] (s): key "records" stands here twice, first on line 10`},
	{"anchor in itself", stream("params: &p {a: *p}"), `10:20: streams[0] (s).params.a.a: anchor "p" contains itself`},
	{"merge of text", stream("params: {<<: x}"), `10:18: streams[0] (s).params.<<: << wants a map or a list of maps, not text`},
	{"key of a list", stream("params: {? [a] : b}"), `10:16: streams[0] (s).params: a key must be text`},
	{"tag", stream("records: !!binary ZGF0YQ=="), `10:14: streams[0] (s).records: tag !!binary: a value is text, a number, true, false or null as it is written`},
	{"leading zeros", stream("params: {zip: 01234}"), `10:19: streams[0] (s).params.zip: 01234 has leading zeros, which some drop and some read as octal: quote it`},
	{"underscores", stream("params: {limit: 1_000}"), `10:21: streams[0] (s).params.limit: 1_000 is a number to some and text to others: write 1000, or quote it`},
	{"hexadecimal", stream("params: {limit: 0x1F}"), `10:21: streams[0] (s).params.limit: 0x1F is a number to some and text to others: write it in decimals, or quote it`},
	{"infinity", stream("params: {limit: .inf}"), `10:21: streams[0] (s).params.limit: .inf is not a number of JSON`},

	// Keys.
	{"version missing", "name: t\nstreams: [{name: s, path: https://a.example}]", `1:1: needs version: a whole number`},
	{"other version", "version: 2\nname: t\nstreams: [{name: s, path: https://a.example}]", `1:10: version: version 2 is not known; this program reads version 1`},
	{"no streams", "version: 1\nname: t\nstreams: []", `3:10: streams: needs at least one stream`},
	{"streams are a map", "version: 1\nname: t\nstreams: {a: {path: /}}", `3:10: streams: wants a list of streams, not a map`},
	{"a stream is text", "version: 1\nname: t\nstreams: [orders]", `3:11: streams[0]: wants a map, not "orders"`},
	{"no name", head + "  - path: /s\n", `8:5: streams[0]: needs name: text`},
	{"no path", head + "  - name: s\n", `8:5: streams[0] (s): needs path: text or a template`},
	{"same name", head + "  - {name: s, path: /s}\n  - {name: s, path: /t}\n", `9:12: streams[1] (s).name: two streams have the name "s", the first on line 8`},
	{"mistyped key", stream("pagination: {type: cursor, nxt: a, param: b}"), `10:32: streams[0] (s).pagination: unknown key "nxt"; did you mean "next"?`},
	{"unknown key", stream("retry: {frobnicate: 1}"), `10:13: streams[0] (s).retry: unknown key "frobnicate"; known here: attempts, min_wait, max_wait, cool_down, cool_downs`},
	{"key of a stream in client", client("params: {a: 1}"), `6:5: client: unknown key "params"; it belongs in defaults or in a stream`},
	{"name in defaults", strings.Replace(stream(""), "streams:", "defaults: {name: x}\nstreams:", 1), `7:12: defaults: unknown key "name"; known here: path, method, params, body, records, single, keyed, columns, short_rows, one_or_many, decode, unpack, charset, nan, keep, add, primary_key, replication_key, pagination, files, export, incremental, partition_by, schema, on_missing, on_incomplete, skip_unchanged, etag, on_delete, max_deletes, on_invalid, on_new_field, base_url, headers, auth, tls, timeout, rate_limit, cost, max_in_flight, retry, errors, cookies, allow_hosts`},
	{"check", "check: nope\n" + stream(""), `1:8: check: unknown stream "nope"; known here: s`},
	{"check, near", "check: ss\n" + stream(""), `1:8: check: unknown stream "ss"; did you mean "s"?`},

	// Kinds.
	{"text", stream("replication_key: {a: 1}"), `10:22: streams[0] (s).replication_key: wants text, not a map`},
	{"empty text", stream("pagination: {type: link_header, rel: ''}"), `10:42: streams[0] (s).pagination.rel: is empty`},
	{"template where none is", stream("primary_key: ['{{ now }}']"), `10:19: streams[0] (s).primary_key[0]: wants plain text; there is no template here`},
	{"boolean", stream("single: 1"), `10:13: streams[0] (s).single: wants true or false, not "1"`},
	{"yes", stream("single: yes"), `10:13: streams[0] (s).single: wants true or false; yes is text`},
	{"count", client("max_in_flight: many"), `6:20: client.max_in_flight: wants a whole number, not "many"`},
	{"count with fraction", client("max_in_flight: 1.5"), `6:20: client.max_in_flight: wants a whole number, not "1.5"`},
	{"count too low", client("max_in_flight: 0"), `6:20: client.max_in_flight: wants at least 1, not 0`},
	{"duration without unit", client("timeout: 60"), `6:14: client.timeout: wants a duration above 0, as 90s or 3d; 60 has no unit`},
	{"no duration", client("timeout: soon"), `6:14: client.timeout: wants a duration above 0, as 90s or 3d, not "soon"`},
	{"timeout of nothing", client("timeout: 0s"), `6:14: client.timeout: wants a duration above 0, as 90s or 3d, not "0s"`},
	{"negative duration", client("retry: {min_wait: -1s}"), `6:23: client.retry.min_wait: is negative`},
	{"enum", stream("on_invalid: fial"), `10:17: streams[0] (s).on_invalid: unknown value "fial"; did you mean "fail"?`},
	{"enum in lower case", stream("method: post"), `10:13: streams[0] (s).method: unknown value "post"; did you mean "POST"?`},
	{"list of names", stream("primary_key: id"), `10:18: streams[0] (s).primary_key: wants a list of names, as [id], not "id"`},
	{"name twice", stream("primary_key: [id, id]"), `10:23: streams[0] (s).primary_key[1]: "id" stands here twice`},
	{"status", stream("errors: [{status: 999, do: fail}]"), `10:23: streams[0] (s).errors[0].status: wants a status, as 409, 5xx or timeout, or a list of them, not "999"`},
	{"status, class", stream("errors: [{status: [404, 5x], do: fail}]"), `10:29: streams[0] (s).errors[0].status[1]: wants a status, as 409, 5xx or timeout, or a list of them, not "5x"`},
	{"timeout in months", client("timeout: 1mo"), `6:14: client.timeout: wants a duration above 0, as 90s or 3d: "1mo" has months or years, which have no fixed length`},
	{"wait in years", client("retry: {min_wait: P1Y}"), `6:23: client.retry.min_wait: wants a duration, as 90s or 3d: "P1Y" has months or years, which have no fixed length`},
	{"lookback in half months", stream("replication_key: u\nincremental: {client_filter: true, lookback: 0.5mo}"), `11:50: streams[0] (s).incremental.lookback: wants a duration, as 3d or 1mo, not "0.5mo"`},
	{"window in months", stream("replication_key: u\nincremental: {client_filter: true, window: 1mo}"), `11:48: streams[0] (s).incremental.window: needs start beside it: without a beginning there is no first window`},
	{"time zone of records", stream("replication_key: u\nincremental: {client_filter: true, record_timezone: PST}"), `11:57: streams[0] (s).incremental.record_timezone: wants a time zone, as Europe/Berlin, not "PST"`},
	{"time zone of a template", stream("params: {d: \"{{ today_with_timezone('Europe/Belin') }}\"}"), `10:21: streams[0] (s).params.d: today_with_timezone: the time zone is not known: want a name as Europe/Berlin or UTC`},
	{"record_timezone with integer", stream("replication_key: u\nincremental: {client_filter: true, format: integer, record_timezone: UTC}"), `11:74: streams[0] (s).incremental.record_timezone: has no meaning with format integer: it is about time`},
	{"time zone", stream("replication_key: u\nincremental: {client_filter: true, timezone: Mars}"), `11:50: streams[0] (s).incremental.timezone: wants a time zone, as Europe/Berlin, not "Mars"`},
	{"format", stream("replication_key: u\nincremental: {client_filter: true, format: rfc339}"), `11:48: streams[0] (s).incremental.format: unknown format "rfc339"; did you mean "rfc3339"?`},
	{"record format", stream("replication_key: u\nincremental: {client_filter: true, record_format: date}"), `11:55: streams[0] (s).incremental.record_format: wants strftime text, as "%Y%m%d", not "date"`},
	{"params are a list", stream("params: [a]"), `10:13: streams[0] (s).params: wants a map of names to values, not a list`},
	{"header name", stream("headers: {'a b': c}"), `10:15: streams[0] (s).headers: "a b" is not the name of a header`},
	{"condition", stream("keep: 'true'"), `10:11: streams[0] (s).keep: wants a template, as "{{ response.done }}", not "true"`},
	{"rate limit", client("rate_limit: {requests: 10}"), `6:17: client.rate_limit: needs per: a duration above 0, as 90s or 3d`},
	{"rate limit of no path", client("rate_limit: {requests: 10, per: 1s, match: search}"), `6:48: client.rate_limit.match: wants the path of a URL, as /search*, not "search"`},
	{"rate limits", client("rate_limit: [{requests: 10, per: 1s}, 5]"), `6:43: client.rate_limit[1]: wants a map, not "5"`},

	// Paths.
	{"odata", stream("pagination: {type: next_url, next: '@odata.nextLink'}"), `10:40: streams[0] (s).pagination.next: "@odata.nextLink": unknown gjson modifier "@odata"; a key of that name is written '\@odata\.nextLink'`},
	{"odata, deeper", stream("pagination: {type: next_url, next: 'value.@odata.count'}"), `10:40: streams[0] (s).pagination.next: "value.@odata.count": unknown gjson modifier "@odata"; a key of that name is written 'value.\@odata\.count'`},
	{"JSONPath", stream("records: $.data.rows"), `10:14: streams[0] (s).records: "$.data.rows" is JSONPath; the gjson path is "data.rows"`},
	{"brackets", stream("records: data[0].rows"), `10:14: streams[0] (s).records: "data[0].rows": a gjson path has no brackets; write "data.0.rows"`},
	{"points", stream("records: .data"), `10:14: streams[0] (s).records: ".data": a path neither begins nor ends with a point`},
	{"header as records", stream("records: header:X"), `10:14: streams[0] (s).records: wants a path into the body; a header cannot stand here`},
	{"template as records", stream("records: '{{ config.token }}'"), `10:14: streams[0] (s).records: wants a path; there is no template here`},
	{"header", stream("pagination: {type: next_url, next: 'header:a b'}"), `10:40: streams[0] (s).pagination.next: "a b" is not the name of a header`},
	{"no steps", stream("records: []"), `10:14: streams[0] (s).records: wants a path or a list of paths, not a list`},

	// Templates.
	{"unknown name", stream("params: {a: 'x {{ recrod.id }}'}"), `10:23: streams[0] (s).params.a: unknown name "recrod"`},
	{"record in a request", stream("params: {a: 'x {{ record.id }}'}"), `10:23`},
	{"response in a request", stream("headers: {a: \"{{ response.id }}\"}"), `10:22`},
	{"syntax", stream("params: {a: '{{ now + }}'}"), `10:27`},
	{"not closed", stream("params: {a: '{{ now '}"), `10:`},
	{"block scalar", stream("body:\n  text: |\n    a\n    {{ nowt }}"), `11:13: streams[0] (s).body.text: unknown name "nowt", did you mean "now"?`},
	{"unknown setting", stream("params: {a: '{{ config.tokne }}'}"), `10:28: streams[0] (s).params.a: unknown setting "tokne"; did you mean "token"?`},
	{"unknown setting, by get", stream("params: {a: \"{{ config.get('tokne', 'x') }}\"}"), `10:33: streams[0] (s).params.a: unknown setting "tokne"; did you mean "token"?`},
	{"unknown setting, by a filter", stream("params: {a: \"{{ config | get('tokne') }}\"}"), `10:35: streams[0] (s).params.a: unknown setting "tokne"; did you mean "token"?`},
	{"unknown setting, by index", stream("params: {a: \"{{ config['tokne'] }}\"}"), `10:29: streams[0] (s).params.a: unknown setting "tokne"; did you mean "token"?`},
	{"unknown key of a setting", "version: 1\nname: t\nsettings: {properties: {login: {type: object, properties: {token: {type: string}}}}}\nclient: {base_url: 'https://a.example', auth: {type: bearer, token: '{{ config.login.tokne }}'}}\nstreams: [{name: s, path: /s}]\n", `4:86: client.auth.token: unknown key of the setting login "tokne"; did you mean "token"?`},
	{"member of window", stream("params: {a: '{{ window.stat }}'}"), `10:17: streams[0] (s).params.a: unknown member of window "stat"; did you mean "start"?`},
	{"member of page", stream("params: {a: '{{ page.nubmer }}'}"), `10:17: streams[0] (s).params.a: unknown member of page "nubmer"; did you mean "number"?`},
	{"a key of the stream in pagination", stream("pagination: {type: page, param: p, on_incomplete: again}"), `10:40: streams[0] (s).pagination: unknown key "on_incomplete"; it belongs in defaults or in a stream`},
	{"start sees config", stream("replication_key: u\nincremental: {client_filter: true, start: '{{ page.token }}'}"), `11:47: streams[0] (s).incremental.start: page cannot be used here, only config and now`},
	{"values see config", stream("partition_by: [{name: a, values: '{{ now }}'}]"), `10:19: streams[0] (s).partition_by: nothing in the stream's request uses partition, so each context would ask for the same: send {{ partition.a }}
10:38: streams[0] (s).partition_by[0] (a).values: now cannot be used here, only config`},

	// What belongs together.
	{"base_url", "version: 1\nname: t\nstreams: [{name: s, path: /s}]", `3:27: streams[0] (s).path: is not an absolute URL: needs base_url in client`},
	{"relative base_url", "version: 1\nname: t\nclient: {base_url: api.example.com}\nstreams: [{name: s, path: /s}]", `3:20: client.base_url: wants an absolute URL, as https://api.example.com, not "api.example.com"`},
	{"fragment in base_url", "version: 1\nname: t\nclient: {base_url: 'https://a.example/#v=1'}\nstreams: [{name: s, path: /s}]", `3:20: client.base_url: a path is appended to it: it cannot hold #`},
	{"other scheme", "version: 1\nname: t\nstreams: [{name: s, path: 'ftp://a.example/'}]", `3:27: streams[0] (s).path: wants a path, or a URL of http or https, not "ftp://a.example/"`},
	{"auth without type", client("auth: {token: x}"), `6:11: client.auth: needs type: none, bearer, basic, api_key, oauth2, session, jwt, aws_sigv4, hmac, digest, oauth1, pool`},
	{"unknown auth", client("auth: {type: baerer, token: x}"), `6:18: client.auth.type: unknown type "baerer"; did you mean "bearer"?`},
	{"bearer", client("auth: {type: bearer}"), `6:11: client.auth: needs token: text or a template`},
	{"basic", client("auth: {type: basic, username: u}"), `6:11: client.auth: needs password: text or a template`},
	{"basic with token", client("auth: {type: basic, username: u, password: p, token: t}"), `6:51: client.auth: key "token" belongs to type bearer, oauth1, not to basic`},
	{"api_key", client("auth: {type: api_key, name: k, value: v}"), `6:11: client.auth: needs in: header, query`},
	{"waits", client("retry: {min_wait: 2m}"), `6:12: client.retry: min_wait 2m0s is longer than max_wait 1m0s`},
	{"end without a status", client("errors: [{when: \"{{ response.end }}\", do: end}]"), `6:47: client.errors[0].do: needs status: the answers that end a walk`},
	{"end at every answer", client("errors: [{status: [404, 2xx], do: end}]"), `6:39: client.errors[0].do: would end every walk at its first answer: status 200 needs when`},
	{"rule without a condition", client("errors: [{do: fail}]"), `6:14: client.errors[0]: needs status or when: it would match every answer`},
	{"rule without do", client("errors: [{status: 404}]"), `6:14: client.errors[0]: needs do: retry, cool_down, restart, next, end, split, smaller_page, page, skip, login, fail`},
	{"wait without retry", client("errors: [{status: 404, do: skip, wait: 1s}]"), `6:44: client.errors[0].wait: belongs to do: retry, not to skip`},
	{"no body", stream("body: {}"), `10:11: streams[0] (s).body: needs json, form, text or graphql`},
	{"two bodies", stream("body: {json: {}, text: x}"), `10:11: streams[0] (s).body: json, text: only one of them is possible`},
	{"graphql without query", stream("body: {graphql: {variables: {}}}"), `10:21: streams[0] (s).body.graphql: needs query: text or a template`},
	{"unknown charset", stream("charset: latin-42"), `10:14: streams[0] (s).charset: no character encoding is called "latin-42"; known are utf-8, utf-16le, utf-16be, iso-8859-1, windows-1252, shift_jis, gb18030, big5, euc-kr and others`},
	{"short rows of nothing", stream("short_rows: null"), `10:17: streams[0] (s).short_rows: is about rows under the names of columns, which this stream does not have`},
	{"one or many of one", stream("single: true\none_or_many: true"), `11:18: streams[0] (s).one_or_many: is about a list or an object of records; with single or columns it has no meaning`},
	{"two record modes", stream("single: true\nkeyed: id"), `11:12: streams[0] (s).keyed: single and keyed: only one of them is possible`},
	{"unknown pagination", stream("pagination: {type: cursr}"), `10:24: streams[0] (s).pagination.type: unknown type "cursr"; did you mean "cursor"?`},
	{"pagination without type", stream("pagination: {max_pages: 3}"), `10:17: streams[0] (s).pagination: needs type: none, cursor, next_url, link_header, page, offset, keyset, relay`},
	{"key of another type", stream("pagination: {type: link_header, next: a}"), `10:37: streams[0] (s).pagination: key "next" belongs to type cursor, next_url, not to link_header`},
	{"page sent nowhere", stream("pagination: {type: page}"), `10:17: streams[0] (s).pagination: nothing sends the page: needs param, header or body, or a template that uses page`},
	{"page sent twice", stream("pagination: {type: page, param: p, header: P}"), `10:17: streams[0] (s).pagination: param, header: only one of them is possible`},
	{"page in no body", stream("pagination: {type: page, body: p}"), `10:36: streams[0] (s).pagination.body: is a path in the JSON body: the stream has no body: {json: …}`},
	{"size_param without size", stream("pagination: {type: page, param: p, size_param: n}"), `10:52: streams[0] (s).pagination.size_param: needs size beside it`},
	{"keyset without field", stream("pagination: {type: keyset, param: a}"), `10:17: streams[0] (s).pagination: needs field: a path, as meta.next`},
	{"replication key alone", stream("replication_key: u"), `10:22: streams[0] (s).replication_key: needs incremental beside it; where the API cannot filter: incremental: {client_filter: true}`},
	{"incremental alone", stream("incremental: {client_filter: true}"), `10:18: streams[0] (s).incremental: needs replication_key or bookmark: what says how far a sync came`},
	{"start", stream("replication_key: u\nincremental: {client_filter: true, start: 2024-13-01}"), `11:47: streams[0] (s).incremental.start: wants a time, as 2024-01-01T00:00:00Z, not "2024-13-01": there is no such day or time of day`},
	{"start with an abbreviation", stream("replication_key: u\nincremental: {client_filter: true, start: 2024-01-01 00:00:00 PST}"),
		`11:47: streams[0] (s).incremental.start: wants a time, as 2024-01-01T00:00:00Z, not "2024-01-01 00:00:00 PST": its zone PST is an abbreviation, which stands for other places too: want UTC, GMT, Z or an offset, as +09:00`},
	{"start, integer", stream("replication_key: u\nincremental: {client_filter: true, format: integer, start: 2024-01-01}"), `11:64: streams[0] (s).incremental.start: wants an integer, as format says, not "2024-01-01"`},
	{"wait", client("errors: [{status: 404, do: retry, wait: soon}]"), `6:45: client.errors[0].wait: wants a duration, as 30s, a number of seconds or a template, not "soon"`},
	{"host", client("allow_hosts: ['https://b.example']"), `6:19: client.allow_hosts[0]: wants the name of a host, as cdn.example.com, not "https://b.example"`},
	{"header of the page", stream("pagination: {type: page, header: 'a b'}"), `10:38: streams[0] (s).pagination.header: "a b" is not the name of a header`},
	{"path in the body", stream("body: {json: {}}\npagination: {type: page, body: 'a.#'}"), `11:36: streams[0] (s).pagination.body: wants keys with points between, as query.after`},
	{"integer with settle", stream("replication_key: u\nparams: {a: '{{ window.start }}'}\nincremental: {format: integer, settle: 1m}"), `12:44: streams[0] (s).incremental.settle: has no meaning with format integer: it is about time`},
	{"parent", stream("partition_by: [{parent: shop, keys: {a: id}}]"), `10:29: streams[0] (s).partition_by[0].parent: unknown stream "shop"; known here: s`},
	{"own parent", stream("partition_by: [{parent: s, keys: {a: id}}]"), `10:29: streams[0] (s).partition_by[0].parent: stream s is its own parent`},
	{"parent and values", stream("partition_by: [{parent: s, name: a}]"), `10:20: streams[0] (s).partition_by[0] (a): has values or a parent, not both
10:29: streams[0] (s).partition_by[0] (a).parent: stream s is its own parent`},
	{"parent without keys", head + "  - {name: a, path: /}\n  - {name: b, path: /, partition_by: [{parent: a}]}\n", `9:39: streams[1] (b).partition_by[0]: needs keys: a map of names to paths`},
	{"checked stream has a parent", "check: b\n" + head + "  - {name: a, path: /}\n  - {name: b, path: /, partition_by: [{parent: a, keys: {x: id}}]}\n", `1:8: check: stream b has a parent, and one request is all that a check makes: name a stream without one (a)
10:38: streams[1] (b).partition_by: nothing in the stream's request uses partition, so each context would ask for the same: send {{ partition.x }}`},

	// Schemas.
	{"schema is a number", stream("schema: 1"), `10:13: streams[0] (s).schema: wants a JSON Schema, or the name of its file, not "1"`},
	{"schema file", stream("schema: nowhere.json"), `10:13: streams[0] (s).schema: schema file nowhere.json: no such file or directory`},
	{"schema", stream("schema: {type: objct}"), `10:20: streams[0] (s).schema.type: JSON Schema: unknown type "objct"`},
	{"schema refers out", stream("schema: {$ref: 'https://a.example/s.json'}"), `10:20: streams[0] (s).schema.$ref: JSON Schema: $ref "https://a.example/s.json" leads outside the schema; inline it`},
	{"schema refers to nothing", stream("schema: {$ref: '#/definitions/a'}"), `10:20: streams[0] (s).schema.$ref: JSON Schema: $ref "#/definitions/a" leads to no schema; it must be # or a JSON pointer such as #/definitions/name`},
	{"schema in a circle", stream("schema: {allOf: [{$ref: '#'}]}"), `10:13: streams[0] (s).schema: JSON Schema: a reference leads back to itself`},
	{"number in a schema", stream("schema: {maximum: 1e999999999}"), `10:23: streams[0] (s).schema.maximum: JSON Schema: a number with more than 400 characters or an exponent beyond ±400`},
	{"key that on_new_field drops", stream("primary_key: [id]\non_new_field: drop\nschema: {properties: {idd: {}}}"), `10:19: streams[0] (s).primary_key[0]: the schema allows no such field: unknown field "id"; did you mean "idd"?`},
	{"closed schema without key", stream("primary_key: [id]\nschema: {additionalProperties: false, properties: {idd: {}}}"), `10:19: streams[0] (s).primary_key[0]: the schema allows no such field: unknown field "id"; did you mean "idd"?`},
	{"settings", strings.Replace(stream(""), "{type: string}", "{type: strng}", 1), `4:30: settings.properties.token.type: JSON Schema: unknown type "strng"`},
	{"settings are a list", "version: 1\nname: t\nsettings: []\nstreams: [{name: s, path: https://a.example}]", `3:11: settings: wants a JSON Schema, not a list`},
	{"settings of another type", "version: 1\nname: t\nsettings: {type: array}\nstreams: [{name: s, path: https://a.example}]", `3:18: settings.type: settings are an object; its type is no other`},
	{"reserved setting", strings.Replace(stream(""), "{token:", "{run: {}, token:", 1), `4:21: settings.properties.run: "run" is a reserved key of a config: give the setting another name`},

	{"a grant without its keys", client("auth: {type: oauth2, grant: password, token_url: 'https://a.example', username: ann}"), `6:33: client.auth.grant: password needs password`},
	{"a key of another grant", client("auth: {type: oauth2, grant: client_credentials, client_id: a, token_url: 'https://a.example', refresh_token: x}"), `6:114: client.auth.refresh_token: is not sent with grant client_credentials`},
	{"a token's place", client("auth: {type: oauth2, grant: client_credentials, client_id: a, token_url: /token}"), `6:78: client.auth.token_url: wants an absolute URL, as https://api.example.com/oauth/token, not "/token"`},
	{"a secret alone", client("auth: {type: oauth2, grant: x, client_secret: a, token_url: 'https://a.example'}"), `6:51: client.auth.client_secret: needs client_id beside it`},
	{"said twice", client("auth: {type: oauth2, grant: x, scopes: a, token_url: 'https://a.example', extra: {scope: b}}"), `6:87: client.auth.extra: scope is said twice: here and beside extra`},
	{"a login per window", client("auth: {type: oauth2, grant: x, client_id: '{{ window.start }}', token_url: 'https://a.example'}"), `6:47: client.auth.client_id: window cannot be used here, only config and now`},
	{"a login's body per window", client("auth: {type: session, login: {path: /login, body: {json: {a: '{{ window.start }}'}}}}"), `6:55: client.auth.login.body: a login is made once for all requests: {{ window.start }} can use only config and now`},
	{"cookies of a request", client("headers: {X: '{{ cookies.a }}'}"), `6:22: client.headers.X: unknown name "cookies"`},
	{"a login per record", client("auth: {type: session, login: {path: /login}, send: {headers: {A: '{{ record.id }}'}}}"), `6:70: client.auth.send.headers.A: record cannot be used here, only config and partition and window and page and auth and now and response and headers and cookies`},
	{"a login without a host", "version: 1\nname: t\nclient: {auth: {type: session, login: {path: /login}}}\nstreams: [{name: s, path: 'https://a.example/s'}]\n", `3:46: client.auth.login.path: is not an absolute URL: needs base_url in client`},
	{"a login at the host that it names", "version: 1\nname: t\nclient: {base_url: '{{ auth.url }}', auth: {type: session, login: {path: /login}}}\nstreams: [{name: s, path: /s}]\n", `3:74: client.auth.login.path: wants an absolute URL: base_url, {{ auth.url }}, is known only after the login, or is another one for each request`},
	{"an algorithm", client("auth: {type: jwt, algorithm: none, key: k}"), `6:34: client.auth.algorithm: unknown value "none"; known here: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, HS256, HS384, HS512, EdDSA`},
	{"an exchange without its place", client("auth: {type: jwt, algorithm: HS256, key: k, grant: client_credentials}"), `6:56: client.auth.grant: is about the exchange of the token: needs token_url beside it`},
	{"an algorithm said twice", client("auth: {type: jwt, algorithm: HS256, key: k, headers: {alg: RS256}}"), `6:64: client.auth.headers.alg: is what algorithm says`},
	{"a short life", client("auth: {type: jwt, algorithm: HS256, key: k, lifetime: 10ms}"), `6:59: client.auth.lifetime: wants a second at least: exp counts in seconds`},
	{"nothing to log in to", client("auth: {type: basic, username: a, password: b}\nerrors: [{status: 403, do: login}]"), `7:32: client.errors[0].do: nothing logs in here: needs an auth that asks for what it sends, as oauth2 or session`},

	// What cannot run yet.
	{"hmac without a signature", client("auth: {type: hmac, key: k, sign: x, send: {headers: {A: b}}}"), `6:47: client.auth.send: sends no signature: use signature.hex or signature.base64`},
	{"hmac of a page", client("auth: {type: hmac, key: k, sign: '{{ page.number }}', send: {headers: {A: '{{ signature.hex }}'}}}"), `6:38: client.auth.sign: page cannot be used here, only config and partition and now and request`},
	{"hmac of what is not there", client("auth: {type: hmac, key: k, sign: '{{ request.uri }}', send: {headers: {A: '{{ signature.hex }}'}}}"), `6:38: client.auth.sign: unknown member of request "uri"; did you mean "url"?`},
	{"a pool of one", client("auth: {type: pool, of: [{type: bearer, token: t}]}"), `6:28: client.auth.of: wants two credentials or more`},
	{"a credential of a pool", client("auth: {type: pool, of: [{type: bearer, token: t}, {type: bearer, tken: t}]}"), `6:70: client.auth.of[1]: unknown key "tken"; did you mean "token"?`},
	{"oauth1 without its key", client("auth: {type: oauth1, consumer_key: me, signature_method: RSA-SHA1}"), `6:62: client.auth.signature_method: needs key beside it: the private key`},
	{"oauth1 with a key too many", client("auth: {type: oauth1, consumer_key: me, key: k}"), `6:49: client.auth.key: is not used with HMAC-SHA1`},
	{"oauth1 without its token", client("auth: {type: oauth1, consumer_key: me, token_secret: k}"), `6:58: client.auth.token_secret: needs token beside it`},
	{"a key without its certificate", client("tls: {key: b}"), `6:16: client.tls.key: needs cert beside it`},
	{"a certificate without its key", client("tls: {cert: b}"), `6:17: client.tls.cert: needs key beside it`},
	{"two certificates", client("tls: {cert: a, key: b, pkcs12: c}"), `6:36: client.tls.pkcs12: stands for cert and key: one of the two says who asks`},
	{"a version of TLS", client("tls: {min_version: 1.4}"), `6:24: client.tls.min_version: unknown value "1.4"; did you mean "1.0"?`},
	{"who is believed is not optional", client("tls: {insecure: true}"), `6:11: client.tls: unknown key "insecure"; known here: cert, key, ca, pkcs12, password, min_version`},
	{"window", stream("replication_key: u\nparams: {a: '{{ window.start }}'}\nincremental: {window: 1d, whole_windows: true}"), `12:27: streams[0] (s).incremental.window: needs start beside it: without a beginning there is no first window`},
	{"several URLs", stream("pagination: {type: next_url, next: {a: b, c: d}}"), `10:40: streams[0] (s).pagination.next: several cursors are of type cursor; type next_url has one next page`},
	{"members of a number", stream("pagination: {type: page, param: '*', total_pages: n}"), `10:37: streams[0] (s).pagination.param: "*" sends the members of a token: it is of type cursor`},
	{"a cursor that is none", stream("pagination: {type: cursor, param: '*', next: {a: [b], c: $.d}}"), `10:54: streams[0] (s).pagination.next.a: wants a path, header:Name or a template, not a list
10:62: streams[0] (s).pagination.next.c: "$.d" is JSONPath; the gjson path is "d"`},
	{"close without a session", stream("pagination: {type: cursor, next: n, param: p, close: {path: /x}}"), `10:58: streams[0] (s).pagination.close: ends a session, but nothing begins one: needs open, or session: true where the first page does`},
	{"open without a path", stream("pagination: {type: cursor, next: n, param: p, open: {session: id}}"), `10:57: streams[0] (s).pagination.open: needs path: text or a template`},
}

func TestParseProblems(t *testing.T) {
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			def, err := definition.Parse("testdata/t.yaml", []byte(tt.text))
			var problems document.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("Parse = %v, %v; want Problems", def, err)
			}
			got := strings.ReplaceAll(err.Error(), "testdata/t.yaml:", "")
			if exact := strings.Contains(tt.want, ": "); exact && got != tt.want || !exact && !strings.HasPrefix(got, tt.want) {
				t.Errorf("problems:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// TestDrafts: schemas of the drafts 4, 6 and 7 are taken, for records and for
// settings, inline and in a file, as a run takes them.
func TestDrafts(t *testing.T) {
	for _, s := range []string{
		`{$schema: "http://json-schema.org/draft-04/schema#", id: "http://a.example/x", type: object, properties: {id: {type: integer, minimum: 0, exclusiveMinimum: true}}}`,
		`{type: object, properties: {id: {type: integer, minimum: 0, exclusiveMinimum: true}}}`,
		`{type: object, properties: {id: {type: integer, exclusiveMinimum: 0}}}`,
		`{$schema: "http://json-schema.org/draft-06/schema#", $id: "http://a.example/x", properties: {id: {const: 1}}}`,
		`{$schema: "http://json-schema.org/draft-07/schema#", properties: {id: {$id: "#x", if: {type: integer}, then: {minimum: 1}}}}`,
	} {
		for what, text := range map[string]string{
			"record":   stream("schema: " + s),
			"settings": strings.Replace(stream(""), "{token: {type: string}, accounts: {type: array}}", "{token: "+s+"}", 1),
		} {
			if _, err := definition.Parse("t.yaml", []byte(text)); err != nil {
				t.Errorf("%s %s: %v", what, s, err)
			}
		}
	}
}

// TestKnownSettings: declared settings are found by every way to look one up,
// and what is no name of a setting is none.
func TestKnownSettings(t *testing.T) {
	for _, use := range []string{
		"config.token", "config.get('token')", "config.get('token', 'x')", "config | get('token')", "config['token']",
		"config[ \"token\" ]", "config.items() | length", "config.get('tok' ~ 'en')", "config.token.get('a')", "'config.get(1)'",
	} {
		text := fmt.Sprintf("version: 1\nname: t\nsettings: {properties: {token: {type: string}}}\nclient: {base_url: https://a.example}\n"+
			"streams: [{name: s, path: /s, params: {a: %q}}]\n", "{{ "+use+" }}")
		if _, err := definition.Parse("t.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", use, err)
		}
	}
}

func TestParseTooLarge(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"file", "#" + strings.Repeat("x", 1<<20), "t.yaml:1:1: the file is too large: a definition has at most 1048576 bytes"},
		{"aliases", "version: 1\n" + bomb(), "values, with its aliases expanded"},
		{"depth", "name: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "nested deeper than 100"},
		{"inheritance", inheritanceBomb(), "5000 streams inherit 5004 values each; together they may be 1000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := definition.Parse("t.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %.300v, want one with %q", err, tt.want)
			}
		})
	}
}

// bomb is a small file of a billion values.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		before := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(before+",", 9) + before + "]\n")
	}
	return b.String()
}

// inheritanceBomb has many streams that inherit many parameters.
func inheritanceBomb() string {
	var b strings.Builder
	b.WriteString("version: 1\nname: t\nclient: {base_url: https://a.example}\ndefaults:\n  params:\n")
	for i := range 5000 {
		b.WriteString("    p" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + itoa(i) + ": 1\n")
	}
	b.WriteString("streams:\n")
	for i := range 5000 {
		b.WriteString("- {name: s" + itoa(i) + ", path: /, params: {a: 1}}\n")
	}
	return b.String()
}

func itoa(i int) string { return strconv.Itoa(i) }

func TestWarnings(t *testing.T) {
	for _, tt := range []struct{ name, keys, want string }{
		{"window unused", "replication_key: u\nincremental: {start: '2024-01-01'}", `t.yaml:11:18: streams[0] (s).incremental: nothing in the request uses window, so each sync asks for everything: send {{ window.start }}, or say client_filter: true`},
		{"keyset", "pagination: {type: keyset, field: at, param: after}\nprimary_key: [id]", `t.yaml:10:39: streams[0] (s).pagination.field: records that share a value of at may be lost between pages; it is not the primary_key`},
		{"a grant that is mistyped", "auth: {type: oauth2, grant: client_credentails, client_id: a, token_url: 'https://a.example'}", `t.yaml:10:33: streams[0] (s).auth.grant: "client_credentails" is a grant of the API's own, and sent as it stands; did you mean "client_credentials"?`},
		{"a grant of the API's own", "auth: {type: oauth2, grant: 'urn:x:device', token_url: 'https://a.example'}", ``},
		{"keyset by key", "pagination: {type: keyset, field: id, param: after}\nprimary_key: [id]", ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			def, err := definition.Parse("t.yaml", []byte(stream(tt.keys)))
			if err != nil {
				t.Fatal(err)
			}
			if got := def.Warnings.Error(); got != tt.want {
				t.Errorf("warnings %s, want %s", got, tt.want)
			}
		})
	}
}

// TestDesign reads the example of the design: all of it runs.
func TestDesign(t *testing.T) {
	const file = "testdata/design.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = definition.Parse(file, data); err != nil {
		t.Errorf("problems:\n%s", errorText(err))
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestBuiltin(t *testing.T) {
	names := builtin.Names()
	if !slices.Contains(names, "shop") {
		t.Fatalf("Names() = %v, want shop among them", names)
	}
	for _, name := range names {
		def, err := config.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if def.Name != name || def.Stream(def.Check) == nil || def.Description == "" || len(def.Warnings) > 0 {
			t.Errorf("Load(%q): name %q, check %q, description %q, warnings %v", name, def.Name, def.Check, def.Description, def.Warnings)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", stream("schema: schemas/s.json"))
	write(t, dir, "schemas/s.json", `{"type": "object", "properties": {"b": {}, "a": {}}}`)
	def, err := config.Load(filepath.Join(dir, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := def.Streams[0]
	if got, want := string(s.Schema.Text), `{"type":"object","properties":{"b":{},"a":{}}}`; got != want || s.Schema.File != "schemas/s.json" {
		t.Errorf("schema %s of %s, want %s", got, s.Schema.File, want)
	}
	if _, err := config.Load(filepath.Join(dir, "b.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error of a missing file: %v", err)
	}
	if _, err := config.Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error of a folder: %v", err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range bad {
		f.Add([]byte(tt.text))
	}
	if data, err := os.ReadFile("testdata/design.yaml"); err == nil {
		f.Add(data)
	}
	if data, err := os.ReadFile("../builtin/shop.yaml"); err == nil {
		f.Add(data)
	}
	f.Add([]byte(`{"version": 1, "name": "t", "streams": [{"name": "s", "path": "https://a.example"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		def, err := definition.Parse("testdata/none/t.yaml", data)
		if (def == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", def, err)
		}
		var problems document.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0) {
			t.Fatalf("error %T %v", err, err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Msg == "" {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}
