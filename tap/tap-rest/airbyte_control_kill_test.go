//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// rotatingAPI is an API of pages whose tokens are good for two of them. It gives
// another refresh token with each; the former is good until something that came with
// the next was used.
type rotatingAPI struct {
	mu      sync.Mutex
	given   int    // tokens
	used    int    // the latest that was used
	pages   int    // that it answered to that one
	refused string // what it refused that was no access token that ran out
	at      func(what string)
}

func (a *rotatingAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	token, kind := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer Access-Token/"), "page"
	if r.URL.Path == "/token" {
		token, kind = strings.TrimPrefix(r.FormValue("refresh_token"), "Refresh-Token/"), "token"
	}
	var n int
	if _, err := fmt.Sscan(token, &n); err != nil || n < a.used || n > a.given {
		a.refused += kind + " " + token + "; "
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if n > a.used {
		a.used, a.pages = n, 0
	}
	if kind == "token" {
		a.given++
		fmt.Fprintf(w, `{"access_token":"Access-Token/%[1]d","refresh_token":"Refresh-Token/%[1]d"}`, a.given)
	} else if a.pages++; a.pages > 2 {
		w.WriteHeader(http.StatusUnauthorized)
	} else {
		fmt.Fprintf(w, `{"data":[{"id":%d}],"next":%d}`, a.given, rand.Int64())
	}
	if a.at != nil {
		a.at(kind)
	}
}

// TestKilledAroundControl proves that a read which is killed around a CONTROL message
// loses no refresh token: when the API has answered with another, when that was used
// and so is on disk, and when Airbyte was told. The next run goes on with the config
// from before as with the one that was told last.
func TestKilledAroundControl(t *testing.T) {
	t.Parallel()
	api := &rotatingAPI{}
	server := httptest.NewServer(api)
	defer server.Close()
	home := t.TempDir()
	source := filepath.Join(home, "api.yaml")
	testrig.Write(t, source, `{version: 1, name: api, settings: {properties: {refresh_token: {type: string, secret: true}, n: {type: number}}},
		client: {base_url: "`+server.URL+`", auth: {type: oauth2, grant: refresh_token, token_url: "`+server.URL+`/token", refresh_token: "{{ config.refresh_token }}"}},
		streams: [{name: orders, path: /orders, records: data, pagination: {type: cursor, next: next, param: c}}]}`)
	told := fmt.Sprintf(`{"source":%q,"n":9007199254740993,"refresh_token":"Refresh-Token/0","run":{"journal":{"off":true},"flush":{"responses":1}}}`, source)
	known := []string{told} // configs that the platform may have
	kinds := map[string]int{}
	for i := range 30 {
		kind := []string{"token", "page", "control"}[i%3]
		config := told
		if i%2 == 1 {
			config = known[rand.IntN(len(known))]
		}
		latest, behind := readUntilKilled(t, api, home, config, kind, 1+rand.IntN(4))
		if latest != "" {
			told = latest
			known = append(known, told)
		}
		if behind {
			kinds[kind+", and Airbyte was not told"]++
		} else {
			kinds[kind]++
		}
	}
	t.Logf("killed at %v, after %d tokens", kinds, api.given)
	if kinds["control"] == 0 || kinds["page, and Airbyte was not told"]+kinds["token, and Airbyte was not told"] == 0 {
		t.Errorf("killed at %v, want before and after a CONTROL", kinds)
	}
	api.at = nil
	for _, config := range []string{known[0], told} {
		file := filepath.Join(home, "config.json")
		testrig.Write(t, file, strings.Replace(config, `"flush"`, `"max_requests":9,"flush"`, 1))
		cmd := exec.Command(builtBinary(t), "read", "--config", file)
		cmd.Env, cmd.Dir = []string{"HOME=" + home}, home
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), `"RECORD"`) {
			t.Errorf("with %s: %v\n%s", config, err, out)
		}
	}
	if api.refused != "" {
		t.Errorf("refused %s", api.refused)
	}
}

// readUntilKilled starts a read, and kills it at the n-th token, page or CONTROL. It
// returns the config that Airbyte was told last, "" for none, and whether the API had
// given another token since then.
func readUntilKilled(t *testing.T, api *rotatingAPI, home, config, kind string, n int) (told string, behind bool) {
	t.Helper()
	file := filepath.Join(home, "config.json")
	testrig.Write(t, file, config)
	cmd := exec.Command(builtBinary(t), "read", "--config", file)
	cmd.Env, cmd.Dir = []string{"HOME=" + home}, home
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	api.mu.Lock()
	api.at = func(what string) {
		if what != kind || cmd.Process == nil {
			return
		}
		if count++; count == n {
			time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Start(); err != nil {
		api.mu.Unlock()
		t.Fatal(err)
	}
	api.mu.Unlock()
	for in := bufio.NewReader(stdout); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break // what is cut off is none
		}
		var m struct {
			Type    string
			Control struct {
				Connector struct {
					Config json.RawMessage
				} `json:"connectorConfig"`
			}
		}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if m.Type == "CONTROL" {
			told = string(m.Control.Connector.Config)
			api.mu.Lock()
			api.at("control")
			api.mu.Unlock()
		}
	}
	_ = cmd.Wait()
	if cmd.ProcessState.Exited() {
		t.Fatalf("was not killed at %s %d: %s", kind, n, cmd.ProcessState)
	}
	api.mu.Lock()
	defer api.mu.Unlock()
	return told, !strings.Contains(told, fmt.Sprintf(`"Refresh-Token/%d"`, api.given))
}
