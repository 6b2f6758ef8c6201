package config_test

import (
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
