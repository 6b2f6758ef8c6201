package budget_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/tap/fleet/budget"
)

// keyOf is the key of a client with a secret.
func keyOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// TestOneLoginForAll: of workers that need a login at once, one logs in, and all have what
// came of it, also one that comes later. One that was refused is made anew, once.
func TestOneLoginForAll(t *testing.T) {
	n := startNATS(t)
	log, said := newLog()
	var all []auth.Fleet
	for range 3 {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		all = append(all, b.Logins("client", keyOf("s")))
	}
	var mu sync.Mutex
	var calls []string
	login := func(after uint64) (got []auth.Kept) {
		var wait sync.WaitGroup
		for _, l := range all {
			wait.Go(func() {
				kept, err := l.Login(t.Context(), "login", after, func(last []byte) (auth.Kept, error) {
					mu.Lock()
					defer mu.Unlock()
					calls = append(calls, string(last))
					return auth.Kept{Text: fmt.Appendf(nil, "secret-%d", len(calls)), Until: time.Now().Add(time.Hour)}, nil
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, kept)
			})
		}
		wait.Wait()
		return got
	}
	for round, want := range []string{"secret-1", "secret-2"} {
		for _, kept := range login(uint64(round)) {
			if left := time.Until(kept.Until); string(kept.Text) != want || kept.Number != uint64(round+1) || left < 59*time.Minute || left > 61*time.Minute {
				t.Errorf("got %q, %d, for %v; want %s", kept.Text, kept.Number, left, want)
			}
		}
	}
	if fmt.Sprint(calls) != "[ secret-1]" {
		t.Errorf("logins with %q", calls)
	}
	for _, kept := range login(1) { // they know that the first was refused
		if string(kept.Text) != "secret-2" {
			t.Errorf("got %q", kept.Text)
		}
	}
	if said.String() != "" {
		t.Error(said.String())
	}
	for key, text := range everything(t, n.bucket()) {
		if bytes.Contains(text, []byte("secret")) {
			t.Errorf("%s can be read: %s", key, text)
		}
	}
}

// everything is what a bucket holds.
func everything(t *testing.T, kv jetstream.KeyValue) map[string][]byte {
	t.Helper()
	keys, err := kv.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, key := range keys {
		entry, err := kv.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		all[key] = entry.Value()
	}
	return all
}

// TestWhoLogsInDies: another worker logs in when the one that was to has died.
func TestWhoLogsInDies(t *testing.T) {
	t.Parallel()
	n := startNATS(t)
	log, _ := newLog()
	dies, die := context.WithCancel(t.Context())
	first := budget.New(dies, n.bucket(), "first", log)
	second := budget.New(t.Context(), n.bucket(), "second", log)
	defer second.Close()
	began, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = first.Logins("client", keyOf("s")).Login(dies, "login", 0, func([]byte) (auth.Kept, error) {
			close(began)
			<-dies.Done()
			return auth.Kept{}, dies.Err()
		})
	}()
	<-began
	came := make(chan struct{})
	go func() {
		<-time.After(200 * time.Millisecond) // the second waits by then
		die()
		close(came)
	}()
	kept, err := second.Logins("client", keyOf("s")).Login(t.Context(), "login", 0, func([]byte) (auth.Kept, error) {
		select {
		case <-came:
		default:
			t.Error("two log in at once")
		}
		return auth.Kept{Text: []byte("x")}, nil
	})
	if err != nil || string(kept.Text) != "x" {
		t.Errorf("got %q, %v", kept.Text, err)
	}
	<-gone
}

// TestRefusedLogin: what the API refused for good is not tried by other workers, before it
// locks the account; what failed for now is tried by the next.
func TestRefusedLogin(t *testing.T) {
	n := startNATS(t)
	log, _ := newLog()
	b := budget.New(t.Context(), n.bucket(), "w", log)
	defer b.Close()
	for name, later := range map[string]bool{"refused": false, "later": true} {
		calls := 0
		for range 2 {
			_, err := b.Logins("client", keyOf("s")).Login(t.Context(), name, 0, func([]byte) (auth.Kept, error) {
				calls++
				return auth.Kept{}, &auth.Failure{Err: errors.New("wrong password"), Later: later, Advice: "check it"}
			})
			var failure *auth.Failure
			if !errors.As(err, &failure) || failure.Later != later || failure.Advice != "check it" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if want := map[bool]int{false: 1, true: 2}[later]; calls != want {
			t.Errorf("%s: %d logins, want %d", name, calls, want)
		}
	}
}

// TestLoginOfAnotherKey: what cannot be opened is made anew, and the log says so once.
func TestLoginOfAnotherKey(t *testing.T) {
	n := startNATS(t)
	log, said := newLog()
	b := budget.New(t.Context(), n.bucket(), "w", log)
	defer b.Close()
	for i, key := range []string{"a", "b", "b"} {
		kept, err := b.Logins("client", keyOf(key)).Login(t.Context(), "login", 0, func(last []byte) (auth.Kept, error) {
			return auth.Kept{Text: []byte(key)}, nil
		})
		if err != nil || string(kept.Text) != key {
			t.Errorf("login %d: %q, %v", i, kept.Text, err)
		}
	}
	if said.count("cannot be opened") != 1 {
		t.Error(said.String())
	}
}

// rotating is an API whose refresh tokens are good once.
type rotating struct {
	mu        sync.Mutex
	refreshes int
	refused   int
	calls     int
	good      int // the number of the access token that is good
}

func (a *rotating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path == "/token" {
		if r.FormValue("refresh_token") != fmt.Sprintf("refresh-token-%d", a.refreshes) {
			a.refused++
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant"}`)
			return
		}
		a.refreshes++
		a.good = a.refreshes
		fmt.Fprintf(w, `{"access_token":"access-token-%d","refresh_token":"refresh-token-%d"}`, a.refreshes, a.refreshes)
		return
	}
	if a.calls++; a.calls == 40 {
		a.good = -1 // it ends before its time
	}
	if r.Header.Get("Authorization") != fmt.Sprintf("Bearer access-token-%d", a.good) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	page := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	if page > 30 {
		fmt.Fprint(w, `{"data":[]}`)
		return
	}
	fmt.Fprintf(w, `{"data":[{"id":%d}]}`, page)
}

// TestRotatedTokensOfAFleet: workers of an API whose refresh tokens are good once refresh
// once for all: when they begin, and when a token ends before its time. A worker that starts
// later, elsewhere, goes on with what the others know.
func TestRotatedTokensOfAFleet(t *testing.T) {
	n := startNATS(t)
	a := &rotating{}
	api := httptest.NewServer(a)
	defer api.Close()
	text := fmt.Sprintf(`version: 1
name: t
settings:
  properties:
    refresh: {type: string, secret: true}
client:
  base_url: %[1]s
  max_in_flight: 9
  auth: {type: oauth2, grant: refresh_token, token_url: "%[1]s/token", client_id: me, refresh_token: "{{ config.refresh }}"}
streams:
  - {name: s, path: /s, records: data, primary_key: [id], pagination: {type: page, param: page}}
`, api.URL)
	log, said := newLog()
	run := func() {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		if err := runWith(t.Context(), t, b, text, `{"refresh": "refresh-token-0"}`, said); err != nil {
			t.Error(err)
		}
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(run)
	}
	wait.Wait()
	run()
	if a.refreshes != 2 || a.refused != 0 {
		t.Errorf("%d refreshes, want 2; %d refused", a.refreshes, a.refused)
	}
	for key, text := range everything(t, n.bucket()) {
		if bytes.Contains(text, []byte("-token-")) {
			t.Errorf("%s can be read: %s", key, text)
		}
	}
	if t.Failed() {
		t.Log(said.String())
	}
}

// TestSessionOfAFleet: workers of an API with sessions share one: its cookie, and what is
// sent of the login's answer.
func TestSessionOfAFleet(t *testing.T) {
	n := startNATS(t)
	var mu sync.Mutex
	logins, refused := 0, 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/login" {
			logins++
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprintf("cookie-%d", logins)})
			fmt.Fprintf(w, `{"key":"member-%d"}`, logins)
			return
		}
		sid, err := r.Cookie("sid")
		if err != nil || sid.Value != fmt.Sprintf("cookie-%d", logins) || r.Header.Get("X-Key") != fmt.Sprintf("member-%d", logins) {
			refused++
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"data":[{"id":1}]}`)
	}))
	defer api.Close()
	text := fmt.Sprintf(`version: 1
name: t
settings:
  properties:
    password: {type: string, secret: true}
client:
  base_url: %s
  auth: {type: session, login: {path: /login, method: POST, body: {json: {password: "{{ config.password }}"}}}, send: {headers: {X-Key: "{{ auth.key }}"}}}
streams:
  - {name: s, path: /s, records: data, primary_key: [id], pagination: {type: none}}
`, api.URL)
	log, said := newLog()
	var wait sync.WaitGroup
	for range 3 {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		wait.Go(func() {
			if err := runWith(t.Context(), t, b, text, `{"password": "pass-word-1"}`, said); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if logins != 1 || refused != 0 {
		t.Errorf("%d logins, %d refused", logins, refused)
	}
	for key, text := range everything(t, n.bucket()) {
		for _, secret := range []string{"cookie-", "member-", "pass-word"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s can be read: %s", key, text)
			}
		}
	}
	if t.Failed() {
		t.Log(said.String())
	}
}
