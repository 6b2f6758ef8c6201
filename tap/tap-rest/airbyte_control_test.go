//go:build unix

package main_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestControlMessages proves that read and check tell Airbyte of the whole config
// whenever a refresh token is rotated, and say the token nowhere else; and that the
// next run goes on with that config alone, in a folder that knows nothing.
func TestControlMessages(t *testing.T) {
	t.Parallel()
	issued := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			fmt.Fprintf(w, `{"data":[{"id":1}],"echo":"Refresh-Token/%d"}`, issued)
			return
		}
		if given := r.PostFormValue("refresh_token"); given != fmt.Sprintf("Refresh-Token/%d", issued) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"%s"}`, given)
			return
		}
		issued++
		fmt.Fprintf(w, `{"access_token":"Access-Token/%d","expires_in":3600,"refresh_token":"Refresh-Token/%d"}`, issued, issued)
	}))
	defer api.Close()
	dir := t.TempDir()
	source := filepath.Join(dir, "api.yaml")
	testrig.Write(t, source, `{version: 1, name: api, settings: {properties: {n: {type: number}, credentials: {type: object, properties: {refresh_token: {type: string, secret: true}}}}},
		client: {base_url: "`+api.URL+`", auth: {type: oauth2, grant: refresh_token, token_url: "`+api.URL+`/token", refresh_token: "{{ config.credentials.refresh_token }}"}},
		streams: [{name: orders, path: /orders, records: data}]}`)
	config := fmt.Sprintf(`{"source":%q,"n":9007199254740993,"credentials":{"refresh_token":"Refresh-Token/0","kind":"x"},"run":{"concurrency":1}}`, source)
	for i, verb := range []string{"check", "read", "read"} {
		home := t.TempDir()
		file := filepath.Join(home, "config.json")
		testrig.Write(t, file, config)
		cmd := exec.Command(builtBinary(t), verb, "--config", file)
		cmd.Env, cmd.Dir = []string{"HOME=" + home}, home
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", verb, err, out)
		}
		var got string
		for line := range strings.Lines(string(out)) {
			var m struct { // as Airbyte's models have it
				Type    string
				Control struct {
					Type      string
					EmittedAt float64 `json:"emitted_at"`
					Connector struct {
						Config json.RawMessage
					} `json:"connectorConfig"`
				}
			}
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%s: %v in %s", verb, err, line)
			}
			if m.Type != "CONTROL" {
				if strings.Contains(line, "Refresh-Token") || strings.Contains(line, "Access-Token") {
					t.Errorf("%s: a token stands in %s", verb, line)
				}
				continue
			}
			if m.Control.Type != "CONNECTOR_CONFIG" || m.Control.EmittedAt < 1e12 || got != "" {
				t.Errorf("%s: got %s", verb, line)
			}
			got = string(m.Control.Connector.Config)
		}
		want := strings.Replace(config, fmt.Sprintf("Refresh-Token/%d", i), fmt.Sprintf("Refresh-Token/%d", i+1), 1)
		if got != want {
			t.Fatalf("%s: the config is %s\nwant %s", verb, got, want)
		}
		_ = filepath.WalkDir(home, func(path string, d fs.DirEntry, _ error) error {
			if data, err := os.ReadFile(path); err == nil && path != file && !strings.Contains(path, "/tokens/") && strings.Contains(string(data), "Refresh-Token") {
				t.Errorf("%s: a token stands in %s", verb, path)
			}
			return nil
		})
		config = got
	}
}
