package foreign_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/drafttest"
	"github.com/tap-rest/tap-rest/sources/draft/foreign"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write the golden files anew")

// readers are those of this package, each with its file in testdata.
var readers = []struct {
	name, file string
	looksLike  func([]byte) bool
	read       func(string, []byte) (*draft.Definition, error)
}{
	{"msdk", "msdk.json", foreign.LooksLikeMSDK, foreign.ReadMSDK},
	{"dlt", "dlt.json", foreign.LooksLikeDLT, foreign.ReadDLT},
	{"sling", "sling.yaml", foreign.LooksLikeSling, foreign.ReadSling},
}

func TestGolden(t *testing.T) {
	for _, tt := range readers {
		t.Run(tt.name, func(t *testing.T) {
			data := testrig.Read(t, filepath.Join("testdata", tt.file))
			for _, other := range readers {
				if got, want := other.looksLike(data), other.name == tt.name; got != want {
					t.Errorf("%s: looks like %s: %v, want %v", tt.file, other.name, got, want)
				}
			}
			d, err := tt.read(tt.file, data)
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			drafttest.Golden(t, filepath.Join("testdata", tt.name+".golden"), d, *update)
			text := string(d.AppendYAML(nil))
			for _, secret := range []string{"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "hunter2hunter2AB"} {
				if strings.Contains(text, secret) {
					t.Errorf("the secret %s is in the definition", secret)
				}
			}
		})
	}
}

// TestMSDK has the styles of pages and the ways to prove who asks.
func TestMSDK(t *testing.T) {
	tests := []struct{ name, keys, want string }{
		{"token", `"next_page_token_path": "$.meta.next"`, `pagination: {type: cursor, next: meta.next, param: page}`},
		{"token as an offset", `"next_page_token_path": "$.next", "pagination_response_style": "offset", "pagination_page_size": 50`, `param: offset, size_param: limit, size: 50`},
		{"no token", `"x": null`, `How do the pages go on?`},
		{"header of the next page", `"pagination_request_style": "simple_header_paginator"`, `next: "header:X-Next-Page"`},
		{"links", `"pagination_request_style": "restapi_header_link_paginator", "pagination_page_size": 20`, `type: link_header`},
		{"hateoas", `"pagination_request_style": "hateoas_paginator", "next_page_token_path": "$['_links'].next.href"`, `next: _links.next.href`},
		{"one page", `"pagination_request_style": "single_page_paginator"`, `type: none`},
		{"offset with a total", `"pagination_request_style": "style1", "pagination_page_size": 20, "pagination_initial_offset": 0`, `start: 0, size_param: limit, size: 20, total: pagination.total`},
		{"simple offset", `"pagination_request_style": "simple_offset_paginator"`, `overlap: 1`},
		{"unknown style", `"pagination_request_style": "mine"`, `pagination_request_style mine`},
		{"api keys", `"auth_method": "api_key", "api_keys": {"X-Key": "hunter2", "X-App": "$APP_ID"}`, `name: X-Key, value: "{{ config.key }}"`},
		{"basic", `"auth_method": "basic", "username": "me", "password": "hunter2"`, `type: basic`},
		{"oauth", `"auth_method": "oauth", "grant_type": "refresh_token", "access_token_url": "https://id.example/token", "refresh_token": "hunter2", "oauth_extras": {"audience": "x"}`, `extra: {audience: x}`},
		{"aws", `"auth_method": "aws", "aws_credentials": {"aws_access_key_id": "hunter2", "aws_region": "eu-west-1"}`, `type: aws_sigv4`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := foreign.ReadMSDK("c.json", []byte(`{"api_url": "https://a.example", "streams": [{"name": "rows", "path": "/rows"}], `+tt.keys+`}`))
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			text := string(d.AppendYAML(nil))
			if !strings.Contains(text, tt.want) {
				t.Errorf("%s is not in\n%s", tt.want, text)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("a secret is in\n%s", text)
			}
		})
	}
}

// TestMeltano finds the config in a project's file.
func TestMeltano(t *testing.T) {
	const project = `
plugins:
  extractors:
  - name: tap-csv
  - name: tap-shop
    inherit_from: tap-rest-api-msdk
    config: {api_url: https://a.example, streams: [{name: rows, path: /rows}]}
`
	d, err := foreign.ReadMSDK("meltano.yml", []byte(project))
	if err != nil {
		t.Fatal(err)
	}
	if def := drafttest.Loads(t, d); def.Streams[0].Name != "rows" {
		t.Errorf("stream %q, want rows", def.Streams[0].Name)
	}
}

func TestReadErrors(t *testing.T) {
	const want = "f:1: "
	for _, tt := range readers {
		for _, doc := range []string{`{"x": 1}`, `[]`, `{"streams": [], "api_url": "x", "client": {}, "endpoints": {}}`, `{"client": {"base_url": "x"}, "resources": [1, {}], "api_url": "y", "streams": [3], "endpoints": {"a": 1}}`} {
			if _, err := tt.read("f", []byte(doc)); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s of %s = %v, want an error that begins with %q", tt.name, doc, err, want)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for i, tt := range readers {
		data := testrig.Read(f, filepath.Join("testdata", tt.file))
		f.Add(i, data)
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		if which < 0 || which >= len(readers) {
			return
		}
		d, err := readers[which].read("fuzz", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") && !strings.Contains(err.Error(), "does not fit") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		drafttest.Loads(t, d)
	})
}
