package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// login is an authenticator whose proof is the number of its login, and the
// time of the attempt.
type login struct {
	mu      sync.Mutex
	at      auth.Proof
	most    auth.Proof // it logs in no more often
	start   time.Time
	refused []auth.Proof
	err     error
}

func (l *login) Known(expr.Vars) (auth.Known, error) { return auth.Known{}, nil }

func (l *login) Prove(_ context.Context, r *auth.Request) (auth.Proof, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Header.Set("Authorization", fmt.Sprintf("login %d", l.at))
	r.Header.Set("X-At", time.Since(l.start).String())
	return l.at, l.err
}

func (l *login) Refused(_ context.Context, p auth.Proof, _ auth.Refusal) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, p)
	if p == l.at && l.at < l.most { // who comes later has a new proof already
		l.at++
	}
	return p < l.at
}

// proofs are the values of a header in the requests.
func proofs(api *script, name string) (all []string) {
	for _, r := range api.requests {
		all = append(all, r.Header.Get(name))
	}
	return all
}

// TestEveryAttemptIsProven proves that each attempt has a proof of its own, made
// when all waiting is over: for a retry, for a rate, and behind a redirect.
func TestEveryAttemptIsProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "rate_limit: {requests: 1, per: 10s}", `path: /orders, retry: {attempts: 3}`)[0]
		api := &script{answers: []answer{says(503, "", "Retry-After", "3600"), to(302, "/v2"), says(503, "", "Retry-After", "5"), page(1, 2, "")}}
		r := newRig(t, s, api)
		r.client.SetAuth(&login{start: time.Now()})
		if got := r.run(s, paging.Position{}); got.err != nil || len(got.ids) != 2 {
			t.Fatalf("got %v, %v", got.ids, got.err)
		}
		if got, want := proofs(api, "X-At"), []string{"0s", "1h0m0s", "1h0m10s", "1h0m20s"}; !slices.Equal(got, want) {
			t.Errorf("proofs were made at %v, want %v", got, want)
		}
	})
}

// TestRefusedProofs proves which answers the authenticator is told of, and that
// a request is asked once more where it has another proof, whatever the retry
// says.
func TestRefusedProofs(t *testing.T) {
	ok := page(1, 2, "")
	for _, test := range []struct {
		name    string
		stream  string
		most    auth.Proof
		answers []answer
		sent    []string
		refused []auth.Proof
		want    string // of the error; "" for none
	}{
		{"401", "", 1, []answer{says(401, ""), ok}, []string{"login 0", "login 1"}, []auth.Proof{0}, ""},
		{"403", "", 1, []answer{says(403, ""), ok}, []string{"login 0", "login 1"}, []auth.Proof{0}, ""},
		{"only one attempt", ", retry: {attempts: 1}", 1, []answer{says(401, ""), ok}, []string{"login 0", "login 1"}, []auth.Proof{0}, ""},
		{"the new one is refused, too", "", 9, []answer{says(401, "")}, []string{"login 0", "login 1"}, []auth.Proof{0}, "answered 401 Unauthorized (2 attempts)"},
		{"nothing else to send", "", 0, []answer{says(401, "")}, []string{"login 0"}, []auth.Proof{0}, "answered 401 Unauthorized"},
		{"after a retry", "", 1, []answer{says(503, "", "Retry-After", "1"), says(401, ""), says(503, "", "Retry-After", "1"), ok},
			[]string{"login 0", "login 0", "login 1", "login 1"}, []auth.Proof{0}, ""},
		{"a rate limit in disguise", "", 1, []answer{says(403, "", "Retry-After", "1"), ok}, []string{"login 0", "login 0"}, nil, ""},
		{"a rule says other", ", errors: [{status: 403, do: retry, wait: 1s}]", 1, []answer{says(403, ""), ok}, []string{"login 0", "login 0"}, nil, ""},
		{"another host", "", 1, []answer{to(302, "http://cdn.test/orders"), says(401, "")}, []string{"login 0", ""}, nil, "answered 401"},
		{"not found", "", 1, []answer{says(404, "")}, []string{"login 0"}, nil, "answered 404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, "allow_hosts: [cdn.test]", "path: /orders"+test.stream)[0]
				api := &script{answers: test.answers}
				r := newRig(t, s, api)
				a := &login{most: test.most}
				r.client.SetAuth(a)
				got := r.run(s, paging.Position{})
				if sent := proofs(api, "Authorization"); !slices.Equal(sent, test.sent) || !slices.Equal(a.refused, test.refused) {
					t.Errorf("sent %v, and told of %v; want %v and %v", sent, a.refused, test.sent, test.refused)
				}
				if test.want == "" {
					wantIDs(t, got.ids, upTo(2))
				} else if e := failure(t, got.err); !strings.Contains(e.Error(), test.want) {
					t.Errorf("got %v, want %q", e, test.want)
				}
			})
		})
	}
}

// TestNoProofNoRequest proves that a request which cannot be proven is not sent,
// nor tried again.
func TestNoProofNoRequest(t *testing.T) {
	s := define(t, "", "path: /orders")[0]
	api := &script{answers: []answer{page(1, 2, "")}}
	r := newRig(t, s, api)
	lost := errors.New("the login is lost")
	r.client.SetAuth(&login{err: lost})
	e := failure(t, r.run(s, paging.Position{}).err)
	if e.Class != fetch.Permanent || !errors.Is(e, lost) || len(api.requests) != 0 || r.counters.Requests.Load() != 0 {
		t.Errorf("got %v: %v after %d requests", e.Class, e, len(api.requests))
	}
}

// TestJournalsKnowNoProof proves that a walk is served from the journal whatever
// proves who asks.
func TestJournalsKnowNoProof(t *testing.T) {
	for _, client := range []string{
		"", `auth: {type: bearer, token: "{{ config.key }}"}`, `auth: {type: basic, username: "{{ config.key }}", password: ""}`,
		`auth: {type: api_key, in: header, name: X-Key, value: "{{ config.key }}"}`, `auth: {type: api_key, in: query, name: key, value: "{{ config.key }}"}`,
	} {
		s := define(t, client, `path: /orders, params: {a: 1}, pagination: {type: next_url, next: next}`)[0]
		api := &script{answers: []answer{page(1, 2, `,"next":"?page=2"`), page(3, 4, "")}}
		j := openJournal(t, t.TempDir())
		for i, key := range []string{"the-first-key", "another-key"} {
			r := newRig(t, s, api, "key", key)
			if client == "" {
				r.client.SetAuth(&login{at: auth.Proof(i)})
			}
			w := r.walk(s, paging.Position{})
			record(t, w, j).Only = i > 0
			if got := drain(t, w); got.err != nil || len(got.ids) != 4 || len(api.requests) != 2 {
				t.Errorf("%s: with %s got %v, %v after %d requests", client, key, got.ids, got.err, len(api.requests))
			}
		}
	}
}

// session is an authenticator whose token is a secret that changes when it is
// refused.
type session struct {
	secrets *secret.Hider
	next    []string
}

func (s *session) Known(expr.Vars) (auth.Known, error) { return auth.Known{}, nil }

func (s *session) Prove(_ context.Context, r *auth.Request) (auth.Proof, error) {
	r.Header.Set("Authorization", "Bearer "+s.secrets.Get("auth.session"))
	return 0, nil
}

func (s *session) Refused(context.Context, auth.Proof, auth.Refusal) bool {
	s.secrets.Set("auth.session", s.next[0])
	s.next = s.next[1:]
	return true
}

// TestSecretChangesInAWalk proves that a secret which changes between two
// requests of a walk is sent as it is then, and hidden and sealed as it was and
// as it is.
func TestSecretChangesInAWalk(t *testing.T) {
	const old, current = "old-Session/1", "new-Session/2"
	s := define(t, "", `path: /orders, retry: {attempts: 1}, pagination: {type: next_url, next: next}`)[0]
	api := &script{answers: []answer{
		page(1, 2, `,"next":"/orders?n=2&s=old-Session%2F1"`), says(401, ""), page(3, 4, `,"next":"/orders?n=3&s=new-Session%2F2"`),
		says(500, `{"was":"`+old+`","is":"bmV3LVNlc3Npb24vMg==","n":"`+current+`"}`),
	}}
	r := newRig(t, s, api)
	var log bytes.Buffer
	r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.client.Secrets.Set("auth.session", old)
	r.client.SetAuth(&session{r.client.Secrets, []string{current}})
	got := r.run(s, paging.Position{})
	wantIDs(t, got.ids, upTo(4))
	if sent := proofs(api, "Authorization"); !slices.Equal(sent, []string{"Bearer " + old, "Bearer " + old, "Bearer " + current, "Bearer " + current}) {
		t.Errorf("sent %v", sent)
	}
	e := failure(t, got.err)
	if said := e.Error() + log.String(); strings.Contains(said, "ession") || !strings.Contains(e.Excerpt, `{"was":"***","is":"***","n":"***"}`) {
		t.Errorf("said %s", said)
	}
	for i, p := range got.nexts {
		at, text := kept(t, p)
		if strings.Contains(text, "old-") || strings.Contains(text, "new-") || !strings.Contains(text, "secret%3Aauth.session") {
			t.Errorf("position %s", text)
		}
		r.run(s, at)
		if last := api.requests[len(api.requests)-1]; last.URL.Query().Get("s") != current {
			t.Errorf("from page %d on sent %s", i+1, last.URL)
		}
	}
}
