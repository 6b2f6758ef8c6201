//go:build unix

package main_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// testControl reads from an API that rotates refresh tokens. Airbyte's own models read
// each CONTROL message, which must hold the whole config; the next run, in a folder that
// knows nothing, goes on with what they made of the last.
func testControl(t *testing.T, in *interop) {
	api := &rotatingAPI{}
	server := httptest.NewServer(api)
	defer server.Close()
	config := []byte(`{"source":` + quoted(t, `{version: 1, name: api,
		settings: {properties: {credentials: {type: object, properties: {token: {type: string, secret: true}}}, n: {type: number}, none: {type: ["null", string]}, list: {type: array}}},
		client: {base_url: "`+server.URL+`", auth: {type: oauth2, grant: refresh_token, token_url: "`+server.URL+`/token", refresh_token: "{{ config.credentials.token }}"}},
		streams: [{name: orders, path: /orders, records: data, pagination: {type: cursor, next: next, param: c}}]}`) + `,
		"n":0.10,"none":null,"list":[{"ä":"\u0000\"<"}],"credentials":{"other":1,"token":"Refresh-Token/0"},"run":{"max_requests":9,"journal":{"off":true}}}`)
	for run := range 2 {
		home := t.TempDir()
		file := writeFile(t, home, "config.json", config)
		var said struct {
			Controls int
			Config   json.RawMessage
		}
		decode(t, in.python(t, "airbyte", in.sync(t, home, "lines.jsonl", "read", "--config", file), "check_control.py", file, "credentials.token"), &said)
		if said.Controls < 2 || !strings.Contains(string(said.Config), "Refresh-Token/") {
			t.Errorf("run %d: %d CONTROL messages, the last with %s", run, said.Controls, said.Config)
		}
		config = said.Config
	}
	if api.refused != "" {
		t.Errorf("refused %s", api.refused)
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
