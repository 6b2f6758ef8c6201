//go:build unix

package auth_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

var kills = flag.Int("kills", 40, "how many processes are killed around a rotation")

// rotator is an API that gives another refresh token with each token. The former is
// good until something that came with the next is used: a server that forgets it
// before could not survive an answer that is lost on its way either.
type rotator struct {
	mu      sync.Mutex
	used    int // number of the latest that was used
	asked   int
	refused int
	kill    int // at this request from now on, the process that asks is killed
	victim  *os.Process
}

func (a *rotator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	token := r.FormValue("refresh_token") + r.URL.Query().Get("access")
	var n int
	if _, err := fmt.Sscanf(token, "token-%d", &n); err != nil || n < a.used {
		a.refused++
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.used = n
	a.asked++
	if a.kill--; a.kill == 0 && a.victim != nil {
		victim := a.victim
		time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = victim.Kill() }) // before the answer comes, or after
	}
	fmt.Fprintf(w, `{"access_token":"token-%d","refresh_token":"token-%d"}`, n+1, n+1)
}

// rotate gets tokens from an API, and uses each.
func rotate(t *testing.T, url, dir string, times int) error {
	definition := sources.Auth{Type: sources.AuthOAuth2, OAuth2: &sources.OAuth2{
		Grant: "refresh_token", TokenURL: template(url), ClientID: template("me"), RefreshToken: template("token-0"),
	}}
	a := auth.New(&definition, func() auth.Keeping {
		return auth.Keeping{Dir: dir, Replace: workdir.Replace, Secrets: secret.NewHider(nil).ForClient(nil), Log: slog.New(slog.DiscardHandler)}
	}).(auth.Login)
	ask := func(_ context.Context, r *http.Request) (*auth.Answer, error) {
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return &auth.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
	}
	for range times {
		if err := a.Prepare(t.Context(), settings(), ask); err != nil {
			return err
		}
		resp, err := http.Get(url + "?access=" + a.Answer().Get("access_token").Text())
		if err != nil {
			return err
		}
		resp.Body.Close()
		proof, err := a.Prove(t.Context(), &auth.Request{Header: http.Header{}, Vars: settings()})
		if err != nil || !a.Refused(t.Context(), proof, auth.Refusal{Status: 401}) {
			return fmt.Errorf("no other token: %v", err)
		}
	}
	return nil
}

// TestRotateUntilKilled is the process that is killed.
func TestRotateUntilKilled(t *testing.T) {
	url := os.Getenv("ROTATE_AT")
	if url == "" {
		t.Skip("the process that TestKilledAroundRotations kills")
	}
	if err := rotate(t, url, os.Getenv("ROTATE_IN"), 1_000_000); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAroundRotations proves that no SIGKILL loses the refresh token: each is
// on disk before anything that came with it is used.
func TestKilledAroundRotations(t *testing.T) {
	api := &rotator{}
	server := httptest.NewServer(api)
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "tokens")
	for i := range *kills {
		child := exec.Command(os.Args[0], "-test.run=^TestRotateUntilKilled$")
		child.Env = append(os.Environ(), "ROTATE_AT="+server.URL, "ROTATE_IN="+dir)
		var said bytes.Buffer
		child.Stdout, child.Stderr = &said, &said
		api.mu.Lock() // nobody asks before there is somebody to kill
		if err := child.Start(); err != nil {
			api.mu.Unlock()
			t.Fatal(err)
		}
		api.victim, api.kill = child.Process, 1+rand.IntN(6)
		api.mu.Unlock()
		_ = child.Wait()
		if child.ProcessState.Exited() {
			t.Fatalf("process %d was not killed: %s", i, said.String())
		}
	}
	api.victim = nil
	if err := rotate(t, server.URL, dir, 2); err != nil || api.refused > 0 {
		t.Errorf("after %d kills and %d requests: %v; %d refused", *kills, api.asked, err, api.refused)
	}
}
