package definition_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
)

func parse(t *testing.T, text string) *sources.Definition {
	t.Helper()
	def, err := definition.Parse("testdata/t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// text writes parameters as name=JSON.
func text(t *testing.T, params []sources.Param) string {
	t.Helper()
	var list []string
	for _, p := range params {
		v, err := p.Value.Eval(make(expr.Vars, sources.VarCount))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p.Name+"="+string(v.AppendJSON(nil)))
	}
	return strings.Join(list, " ")
}

const family = `version: 1
name: family
client:
  base_url: https://a.example
  headers: {Accept: application/json, X-Client: c}
  timeout: 5s
  rate_limit: {requests: 10, per: 1s}
  errors: [{status: 404, do: skip}]
defaults:
  headers: {X-Default: d}
  params: {limit: 100, sort: id}
  records: data
  primary_key: [id]
  pagination: {type: cursor, next: next, param: cursor, total: total}
  incremental: {start: "2024-01-01", lookback: 1h}
  errors: [{status: 410, do: next}]
streams:
  - {name: plain, path: /a}
  - name: own
    path: /b
    headers: {accept: text/plain, X-Client: null}
    params: {limit: 5, page: 1, sort: null}
    primary_key: []
    pagination: {max_pages: 3, total: null}
    errors: [{status: 5xx, do: fail}]
    timeout: 1m
  - name: other
    path: /c
    pagination: {type: page, param: page}
    replication_key: at
    incremental: {lookback: 2h, client_filter: true}
    rate_limit: [{requests: 1, per: 1s}, {requests: 100, per: 1d}]
  - {name: bare, path: /d, pagination: null, errors: null, headers: null, params: null, records: null, primary_key: null}
`

func TestInheritance(t *testing.T) {
	def := parse(t, family)
	plain, own, other, bare := def.Streams[0], def.Streams[1], def.Streams[2], def.Streams[3]
	for _, tt := range []struct{ name, got, want string }{
		{"headers", text(t, plain.Request.Headers), `Accept="application/json" X-Client="c" X-Default="d"`},
		{"headers, own", text(t, own.Request.Headers), `accept="text/plain" X-Default="d"`},
		{"headers, none", text(t, bare.Request.Headers), ``},
		{"params", text(t, plain.Request.Params), `limit=100 sort="id"`},
		{"params, own", text(t, own.Request.Params), `limit=5 page=1`},
		{"params, none", text(t, bare.Request.Params), ``},
		{"keys", strings.Join(plain.Keys, ","), `id`},
		{"keys, own", strings.Join(own.Keys, ","), ``},
		{"records", strings.Join(plain.Records.Steps, "/"), `data`},
		{"records, none", strings.Join(bare.Records.Steps, "/"), `@this`},
		{"pagination", string(plain.Pagination.Type) + " " + plain.Pagination.Next.Path + " " + plain.Pagination.Ends.Total.Path, `cursor next total`},
		{"pagination, own", string(own.Pagination.Type) + " " + own.Pagination.Next.Path + " " + own.Pagination.Ends.Total.Path, `cursor next `},
		{"pagination, another", string(other.Pagination.Type) + other.Pagination.Next.Path + other.Pagination.Ends.Total.Path, `page`},
		{"pagination, none", string(bare.Pagination.Type), `none`},
		{"errors", actions(plain), `next skip`},
		{"errors, own", actions(own), `fail next skip`},
		{"errors, none", actions(bare), ``},
		{"timeout", plain.Call.Timeout.String() + " " + own.Call.Timeout.String(), `5s 1m0s`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	if own.Pagination.Ends.MaxPages != 3 || other.Pagination.Start != 1 {
		t.Errorf("max_pages %d, start %d", own.Pagination.Ends.MaxPages, other.Pagination.Start)
	}
	if plain.Incremental != nil {
		t.Error("a stream without replication_key is incremental")
	}
	if inc := other.Incremental; inc == nil || inc.Lookback.Nanos != 2*time.Hour || inc.Start == nil || !inc.ClientFilter || inc.Settle != 10*time.Minute {
		t.Errorf("incremental %+v", inc)
	}
}

func actions(s *sources.Stream) string {
	var list []string
	for _, e := range s.Call.Errors {
		list = append(list, string(e.Do))
	}
	return strings.Join(list, " ")
}

func TestClients(t *testing.T) {
	def := parse(t, family)
	plain, own, other := def.Streams[0], def.Streams[1], def.Streams[2]
	if plain.Client != own.Client {
		t.Error("streams that override nothing of the client do not share it")
	}
	if plain.Client == other.Client {
		t.Error("a stream with its own rate_limit shares the client")
	}
	want := []sources.RateLimit{{Requests: 1, Per: time.Second}, {Requests: 100, Per: 24 * time.Hour}}
	if !slices.Equal(other.Client.RateLimits, want) {
		t.Errorf("rate limits %v, want %v", other.Client.RateLimits, want)
	}
}

// TestOrigins has paths that are URLs: they stand alone.
func TestOrigins(t *testing.T) {
	def := parse(t, head+`  - {name: a, path: /a}
  - {name: b, path: "HTTPS://b.example/x?y#z"}
  - {name: c, path: "https://b.example:8443"}
  - {name: d, path: "https://{{ config.token | default('/') }}.example/x"}
  - {name: e, path: "{{ config.token }}/x"}
  - {name: f, path: /f}
`)
	var got []string
	for _, s := range def.Streams {
		got = append(got, s.Client.BaseURL.Source())
	}
	want := []string{"https://api.example.com", "HTTPS://b.example", "https://b.example:8443", "https://{{ config.token | default('/') }}.example", "https://api.example.com", "https://api.example.com"}
	if !slices.Equal(got, want) {
		t.Errorf("base URLs\n%q, want\n%q", got, want)
	}
	if def.Streams[0].Client != def.Streams[5].Client {
		t.Error("streams of the same base_url do not share a client")
	}
}

func TestDefaults(t *testing.T) {
	def := parse(t, "version: 1\nname: t\nstreams:\n  - {name: a, path: https://a.example/a}\n  - {name: b, path: https://a.example/b, body: {json: {}}}\n")
	s := def.Streams[0]
	if got, want := s.Call.Retry, (sources.Retry{Attempts: 5, MinWait: time.Second, MaxWait: time.Minute, CoolDown: 2 * time.Minute, Rests: 3}); got != want {
		t.Errorf("retry %+v, want %+v", got, want)
	}
	if s.Request.Method != "GET" || def.Streams[1].Request.Method != "POST" {
		t.Errorf("methods %s and %s", s.Request.Method, def.Streams[1].Request.Method)
	}
	if s.Call.Timeout != time.Minute || s.Client.MaxInFlight != 4 || s.Client.Auth.Type != sources.AuthNone || s.Client.BaseURL == nil {
		t.Errorf("timeout %v, client %+v", s.Call.Timeout, s.Client)
	}
	if s.Keys == nil || s.Schema.OnInvalid != sources.Fail || s.Schema.OnNewField != sources.Evolve || s.Records.MissingIsEmpty {
		t.Errorf("keys %v, on_invalid %s, on_new_field %s", s.Keys, s.Schema.OnInvalid, s.Schema.OnNewField)
	}
	if def.Check != "a" || s.Loaded.Line != 4 || def.File != "testdata/t.yaml" {
		t.Errorf("check %q, line %d, file %q", def.Check, s.Loaded.Line, def.File)
	}
}

// TestProblemOnce has two streams inherit the same mistakes.
func TestProblemOnce(t *testing.T) {
	_, err := definition.Parse("t.yaml", []byte(`version: 1
name: t
client: {base_url: https://a.example, timeout: 5}
defaults:
  pagination: {type: cursor, param: c}
streams:
  - {name: a, path: /a}
  - {name: b, path: /b}
  - {name: c, path: /c, pagination: {max_pages: 1}}
`))
	const want = `t.yaml:3:48: client.timeout: wants a duration above 0, as 90s or 3d; 5 has no unit
t.yaml:5:15: defaults.pagination: needs next: a path, header:Name or a template
t.yaml:9:37: streams[2] (c).pagination: needs next: a path, header:Name or a template`
	if got := errorText(err); got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}
}

func TestYAML(t *testing.T) {
	def := parse(t, "\ufeff"+strings.ReplaceAll(`version: 1
name: t
client: {base_url: https://a.example}
defaults:
  params: &p {day: 2024-01-01, yes: yes, t: TRUE, n: ~, i: 7, f: -.5, e: 1e3, plus: +1., big: 12345678901234567890.10, q: "012", s: !!str 9}
streams:
  - {name: a, path: /a}
  - {name: b, path: /b, headers: {<<: *p, i: 8}}
  - name: c
    path: /c
    headers:
      <<: [{x: 1}, {x: 2, y: 3}]
`, "\n", "\r\n"))
	const common = `day="2024-01-01" yes="yes" t=true i=7 f=-0.5 e=1e3 plus=1.0 big=12345678901234567890.10 q="012" s="9"`
	if got := text(t, def.Streams[0].Request.Params); got != common {
		t.Errorf("params %s\nwant   %s", got, common)
	}
	if got, want := text(t, def.Streams[1].Request.Headers), "i=8 "+strings.Replace(common, " i=7", "", 1); got != want {
		t.Errorf("headers %s\nwant    %s", got, want)
	}
	if got, want := text(t, def.Streams[2].Request.Headers), "x=1 y=3"; got != want {
		t.Errorf("headers %s, want %s", got, want)
	}
}

func TestJSONFile(t *testing.T) {
	def := parse(t, "{\n\t\"version\": 1, \"name\": \"j\\u00e9 \\/ \\ud83d\\ude00 \\\\/\",\n\t\"streams\":[{\"name\":\"s\",\"path\":\"https://a.example\"}]\n}\n")
	if def.Name != `jé / 😀 \/` {
		t.Errorf("name %q", def.Name)
	}
}

func TestBodies(t *testing.T) {
	def := parse(t, head+`  - {name: j, path: /, body: {json: {q: "{{ config.token }}", n: [1, true, null], o: {}}}}
  - {name: f, path: /, method: PUT, body: {form: {a: 1}}}
  - {name: t, path: /, body: {text: ""}}
  - {name: g, path: /, body: {graphql: {query: "query { a }", variables: {first: 5}}}}
`)
	var kinds []string
	for _, s := range def.Streams {
		kinds = append(kinds, s.Request.Method+" "+string(s.Request.Body.Kind))
	}
	if got, want := strings.Join(kinds, ", "), "POST json, PUT form, POST text, POST graphql"; got != want {
		t.Errorf("bodies %s, want %s", got, want)
	}
	v, err := def.Streams[0].Request.Body.JSON.Eval(make(expr.Vars, sources.VarCount))
	if got, want := string(v.AppendJSON(nil)), `{"n":[1,true,null],"o":{}}`; err != nil || got != want {
		t.Errorf("body %s, %v; want %s", got, err, want)
	}
	if got := text(t, def.Streams[3].Request.Body.Variables); got != "first=5" {
		t.Errorf("variables %s", got)
	}
}

func TestRecordModes(t *testing.T) {
	def := parse(t, head+`  - {name: a, path: /, records: [data, lines], on_missing: empty}
  - {name: b, path: /, keyed: id}
  - {name: c, path: /, columns: [ts, value]}
  - {name: d, path: /, columns: meta.columns}
  - {name: e, path: /, single: true}
`)
	a, b, c, d, e := def.Streams[0].Records, def.Streams[1].Records, def.Streams[2].Records, def.Streams[3].Records, def.Streams[4].Records
	if !slices.Equal(a.Steps, []string{"data", "lines"}) || !a.MissingIsEmpty || b.Keyed != "id" ||
		!slices.Equal(c.Columns, []string{"ts", "value"}) || d.ColumnsPath != "meta.columns" || !e.Single {
		t.Errorf("records %+v %+v %+v %+v %+v", a, b, c, d, e)
	}
}

func TestAuths(t *testing.T) {
	for _, tt := range []struct {
		keys string
		want sources.AuthType
	}{
		{"{type: none}", sources.AuthNone},
		{"{type: bearer, token: 12345}", sources.AuthBearer},
		{"{type: basic, username: u, password: ''}", sources.AuthBasic},
		{"{type: api_key, name: X-Key, value: '{{ config.token }}', in: query}", sources.AuthAPIKey},
	} {
		if got := parse(t, client("auth: "+tt.keys)).Streams[0].Client.Auth; got.Type != tt.want || got.InQuery != (tt.want == sources.AuthAPIKey) {
			t.Errorf("auth %s: %+v", tt.keys, got)
		}
	}
}
