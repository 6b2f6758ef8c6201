package config_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestShapeOfOldStates proves that streams have the shape that states of every
// version hold: another one starts open walks over.
func TestShapeOfOldStates(t *testing.T) {
	d, err := definition.Parse("t.yaml", []byte(`version: 1
name: t
settings: {properties: {token: {type: string, secret: true}, from: {type: string}}}
client: {base_url: "https://a.example", headers: {x-a: 1}, auth: {type: bearer, token: "{{ config.token }}"}}
defaults:
  params: {limit: 50, z: [1, "2"]}
  pagination: {type: page, param: page, size: 50, size_param: limit, start: 0, total: "header:x-total"}
streams:
  - name: a
    path: /a
    records: [data, lines]
    replication_key: u
    params: {since: "{{ window.start }}", until: "{{ window.end }}", limit: null}
    incremental: {start: "{{ config.from }}", format: epoch_ms, lookback: 3d, end_inclusive: true}
  - {name: b, path: "https://b.example/b?q=1", body: {json: {b: 1, a: [true, null]}}, pagination: {type: cursor, next: next, param: after, after_first: {params: {x: 1}}}}
  - {name: c, path: /c, single: true, pagination: null}
`))
	if err != nil {
		t.Fatal(err)
	}
	in, err := config.Read([]config.File{{Name: "c.json", Data: []byte(`{"token":"abcdefgh","from":"2024-01-01T00:00:00Z"}`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Configure(d)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"74485b2b94388361", "389d040c461dd30b", "883dfd036826330a"} {
		if got := c.Shape(d.Streams[i]); got != want {
			t.Errorf("stream %s has shape %s, want %s", d.Streams[i].Name, got, want)
		}
	}
	if got, want := c.Identity(d, []byte("salt")), "77270cb147430b00f5914e00d9e904b8"; got != want {
		t.Errorf("identity %s, want %s", got, want)
	}
}

func TestShape(t *testing.T) {
	shape := func(text, settings string) string {
		t.Helper()
		def, err := definition.Parse("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		in, err := config.Read([]config.File{{Name: "c.json", Data: []byte(settings)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Configure(def)
		if err != nil {
			t.Fatal(err)
		}
		return c.Shape(def.Streams[0])
	}
	const config = `{"base_url": "https://a.example", "token": "one", "accounts": ["a", "b"]}`
	first := shape(shopLike, config)
	if len(first) != 16 {
		t.Fatalf("shape %q, want 16 digits", first)
	}
	extra := func(keys string) string {
		return strings.Replace(shopLike, `{name: s, path: "{{ config.base_url }}/s", params: {token: "{{ config.token }}"}`, `{name: s, path: "{{ config.base_url }}/s", `+keys, 1)
	}
	export := func(submit string) string {
		return strings.Replace(extra("export: {submit: {path: /e"+submit+"}, poll: {path: /p}}"), `path: "{{ config.base_url }}/s", `, "", 1)
	}
	const inc = "replication_key: u, incremental: {client_filter: true"
	for _, tt := range []struct {
		name        string
		a, b        string
		configA     string
		configB     string
		wantTheSame bool
	}{
		{"again", shopLike, shopLike, config, config, true},
		{"key order of the config", shopLike, shopLike, config, `{"accounts": ["a", "b"], "base_url": "https://a.example", "token": "one"}`, true},
		{"another secret", shopLike, shopLike, config, strings.Replace(config, "one", "two", 1), true},
		{"keys of the definition", extra("params: {a: 1, b: 2}"), extra("params: {b: 2, a: 1}"), config, config, true},
		{"lookback", extra(inc + "}"), extra(inc + ", lookback: 3d, settle: 1m, sorted: true}"), config, config, true},
		{"keep and add", extra("params: {}"), extra(`params: {}, keep: "{{ record.a }}", add: {a: 1}`), config, config, true},
		{"another setting", shopLike, shopLike, config, strings.Replace(config, `"b"`, `"c"`, 1), false},
		{"order of a list", shopLike, shopLike, config, strings.Replace(config, `"a", "b"`, `"b", "a"`, 1), false},
		{"a header", extra("params: {}"), extra("params: {}, headers: {a: 1}"), config, config, false},
		{"pagination", extra("params: {}"), extra("params: {}, pagination: {type: link_header}"), config, config, false},
		{"format", extra(inc + "}"), extra(inc + ", format: date}"), config, config, false},
		{"another job", export(""), export(", body: {json: {a: 1}}"), config, config, false},
		{"how a job is waited for", export(""), strings.Replace(export(""), "poll: {", "links: a, poll: {timeout: 5h, ", 1), config, config, true},
		{"records", extra("params: {}"), extra("params: {}, records: data"), config, config, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := shape(tt.a, tt.configA) == shape(tt.b, tt.configB); same != tt.wantTheSame {
				t.Errorf("same = %v, want %v", same, tt.wantTheSame)
			}
		})
	}
}

// TestIdentity: run.journal.identity stands in for the secrets, and for nothing
// else.
func TestIdentity(t *testing.T) {
	d, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	identity := func(token, start, run string) string {
		c, err := configure(t, shopLike, []string{`{"base_url": "https://a.example/` + start + `", "token": "` + token + `", "run": {` + run + `}}`})
		if err != nil {
			t.Fatal(err)
		}
		return c.Identity(d, []byte("salt"))
	}
	eu, us := `"journal": {"identity": "eu"}`, `"journal": {"identity": "us"}`
	for _, tt := range []struct {
		name string
		a, b string
		same bool
	}{
		{"secrets", identity("token one", "a", ""), identity("token two", "a", ""), false},
		{"an identity in their place", identity("token one", "a", eu), identity("token two", "a", eu), true},
		{"another identity", identity("token one", "a", eu), identity("token one", "a", us), false},
		{"settings", identity("token one", "a", eu), identity("token one", "b", eu), false},
		{"none", identity("token one", "a", eu), identity("token one", "a", ""), false},
	} {
		if (tt.a == tt.b) != tt.same {
			t.Errorf("%s: %s and %s, want the same: %v", tt.name, tt.a, tt.b, tt.same)
		}
	}
}
