package fetch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// keyed is an API whose keys have a quota a minute each.
type keyed struct {
	guarded
	quotas map[string]int // by the key
	silent bool           // it says what is left only where nothing is
	status map[string]int // of keys that it refuses

	began time.Time
	used  map[string]int // in this minute
	asks  map[string]int // in all
	over  int            // answers 429
}

// keyOf is the key that a request was made with.
func keyOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// api makes it an API.
func (k *keyed) api() http.RoundTripper {
	k.began, k.used, k.asks = time.Now(), map[string]int{}, map[string]int{}
	k.guarded.proves = func(r *http.Request, _ string) bool {
		key := keyOf(r)
		if time.Since(k.began) >= time.Minute {
			k.began, k.used = time.Now(), map[string]int{}
		}
		k.asks[key]++
		if k.status[key] != 0 {
			return false
		}
		k.used[key]++
		return k.used[key] <= k.quotas[key]
	}
	k.guarded.refuse = func(r *http.Request) answer {
		if status := k.status[keyOf(r)]; status != 0 {
			return says(status, `{"error":"`+keyOf(r)+` is revoked"}`)
		}
		k.over++
		return says(429, `{"error":"slow down, `+keyOf(r)+`"}`, "Retry-After", fmt.Sprint(k.reset()))
	}
	return transport(func(r *http.Request) (*http.Response, error) {
		resp, err := k.guarded.RoundTrip(r)
		if err == nil && !k.silent {
			k.mu.Lock()
			defer k.mu.Unlock()
			resp.Header.Set("X-RateLimit-Limit", fmt.Sprint(k.quotas[keyOf(r)]))
			resp.Header.Set("X-RateLimit-Remaining", fmt.Sprint(max(0, k.quotas[keyOf(r)]-k.used[keyOf(r)])))
			resp.Header.Set("X-RateLimit-Reset", fmt.Sprint(k.reset()))
		}
		return resp, err
	})
}

func (k *keyed) reset() int {
	return int((time.Minute - time.Since(k.began) + time.Second - 1) / time.Second)
}

const threeKeys = `auth: {type: pool, of: [{type: bearer, token: "{{ config.a }}"}, {type: bearer, token: "{{ config.b }}"}, {type: bearer, token: "{{ config.c }}"}]}, max_in_flight: 8`

// keysOf are the settings of threeKeys.
var keysOf = []string{"a", "Key-Of-Ann-01", "b", "Key-Of-Bob-02", "c", "Key-Of-Cid-03"}

// TestPool proves that several keys are used by what is left of each: none is refused
// where the API says that, but for two of those in flight when a quota begins anew, and
// all of them are used before anybody waits.
func TestPool(t *testing.T) {
	for _, test := range []struct {
		name        string
		pages       int
		silent      bool
		flight      int
		over        int // answers 429, at most
		least, most time.Duration
	}{
		{"all quotas are used", 90, false, 8, 0, 0, 10 * time.Second},
		{"and waited for", 180, false, 8, 2, 55 * time.Second, 80 * time.Second}, // answers of several in flight cross at the turn of a quota
		{"an API that says nothing", 90, true, 8, 24, 0, 30 * time.Second},
		{"an API that says nothing, one by one", 90, true, 1, 3, 0, 15 * time.Second},
		{"an API that says nothing, for longer", 180, true, 8, 48, 55 * time.Second, 100 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keyed{silent: test.silent, quotas: map[string]int{"Key-Of-Ann-01": 10, "Key-Of-Bob-02": 30, "Key-Of-Cid-03": 60}}
				k.pages = test.pages
				s := define(t, strings.Replace(threeKeys, ": 8", fmt.Sprint(": ", test.flight), 1), manyPages)[0]
				r := newRig(t, s, k.api(), keysOf...)
				start := time.Now()
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(test.pages))
				if took := time.Since(start); k.over > test.over || took < test.least || took > test.most {
					t.Errorf("%d refused of %v in %v", k.over, k.asks, took)
				}
				if calls := r.counters.Requests.Load(); calls != int64(len(k.sent)) || len(k.asks) != 3 {
					t.Errorf("counted %d of %d calls, by %v", calls, len(k.sent), k.asks)
				}
			})
		})
	}
}

// TestPoolLeavesOut proves that a key which the API refuses is left out and told once,
// without its value, that the others go on, and that the error is the API's where none
// is left.
func TestPoolLeavesOut(t *testing.T) {
	for _, test := range []struct {
		name   string
		status map[string]int
		told   int
		fails  int // with this status
	}{
		{"one", map[string]int{"Key-Of-Bob-02": 401}, 1, 0},
		{"two", map[string]int{"Key-Of-Ann-01": 401, "Key-Of-Cid-03": 401}, 2, 0},
		{"all", map[string]int{"Key-Of-Ann-01": 401, "Key-Of-Bob-02": 401, "Key-Of-Cid-03": 401}, 3, 401},
		{"one by 403", map[string]int{"Key-Of-Ann-01": 403}, 0, 0},
		{"all by 403", map[string]int{"Key-Of-Ann-01": 403, "Key-Of-Bob-02": 403, "Key-Of-Cid-03": 403}, 0, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keyed{status: test.status, quotas: map[string]int{"Key-Of-Ann-01": 1000, "Key-Of-Bob-02": 1000, "Key-Of-Cid-03": 1000}}
				k.pages = 60
				k.more = func(r *http.Request) string { return `,"you":"` + keyOf(r) + `"` }
				s := define(t, threeKeys, manyPages)[0]
				r := newRig(t, s, k.api(), keysOf...)
				var log bytes.Buffer
				logged := slog.New(slog.NewTextHandler(&log, nil))
				r.client = fetch.NewClient(s.Client, fetch.Options{Transport: r.client.Transport, UserAgent: "test", Gate: r.gate, Log: logged, Secrets: r.client.Secrets}, r.vars)
				dir := t.TempDir()
				j := openJournal(t, dir)
				w := r.walk(s, paging.Position{})
				record(t, w, j)
				err := drain(t, w).err
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				said := log.String()
				if test.fails > 0 {
					e := failure(t, err)
					if said += e.Error(); e.Status != test.fails || e.Class != fetch.Permanent || len(k.sent) != 3 {
						t.Errorf("after %d calls: %v", len(k.sent), e)
					}
				} else if err != nil || len(k.asked) < 60 {
					t.Errorf("%d pages: %v", len(k.asked), err)
				}
				if n := strings.Count(said, "left out for the rest of the run"); n != test.told {
					t.Errorf("told %d times, want %d: %s", n, test.told, said)
				}
				_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
					data, _ := os.ReadFile(path)
					said += string(data)
					return nil
				})
				for i := 1; i < len(keysOf); i += 2 {
					if strings.Contains(said, keysOf[i]) {
						t.Errorf("%s is shown or kept: %s", keysOf[i], said)
					}
					if n := k.asks[keysOf[i]]; k.status[keysOf[i]] != 0 && n > 8 {
						t.Errorf("%s was used %d times", keysOf[i], n)
					}
				}
			})
		})
	}
}

// TestPoolOfLogins proves that each credential which logs in does so for itself, again
// where its token ran out, and that one whose login is refused is left out.
func TestPoolOfLogins(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprint("refused ", refused), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				of := map[string]*tokens{}
				for _, name := range []string{"ann", "bob"} {
					of[name] = &tokens{life: 2 * time.Second, late: 300 * time.Millisecond, pages: 60}
				}
				if refused {
					of["bob"].answer = func(int, url.Values) answer { return says(401, `{"error":"invalid_client"}`) }
				}
				api := transport(func(r *http.Request) (*http.Response, error) {
					name := r.Header.Get("X-Pool-Test")
					if name == "" {
						name = "ann"
						if u, _, _ := r.BasicAuth(); u == "bob" || strings.HasPrefix(r.Header.Get("Authorization"), "Bearer bob-") {
							name = "bob"
						}
					}
					if text := r.Header.Get("Authorization"); strings.HasPrefix(text, "Bearer ") {
						r = r.Clone(r.Context())
						r.Header.Set("Authorization", "Bearer "+strings.TrimPrefix(strings.TrimPrefix(text, "Bearer "), name+"-"))
					}
					return of[name].RoundTrip(r)
				})
				one := func(name string) string {
					return `{type: oauth2, grant: client_credentials, client_auth: basic, token_url: "http://api.test/token", client_id: ` + name + `, client_secret: "{{ config.key }}",
						send: {headers: {Authorization: "Bearer ` + name + `-{{ response.access_token }}"}}}`
				}
				s := define(t, `auth: {type: pool, of: [`+one("ann")+`, `+one("bob")+`]}, max_in_flight: 4`, manyPages)[0]
				var log bytes.Buffer
				r := newRig(t, s, api, "key", oauthSecret)
				r.client = fetch.NewClient(s.Client, fetch.Options{Transport: api, UserAgent: "test", Gate: r.gate, Log: slog.New(slog.NewTextHandler(&log, nil)), Secrets: r.client.Secrets}, r.vars)
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatalf("%v\n%s", got.err, log.String())
				}
				wantIDs(t, got.ids, upTo(60))
				if ann, bob := len(of["ann"].logins), len(of["bob"].logins); ann < 3 || refused && bob != 1 || !refused && (bob < 3 || len(of["bob"].shown) < 20) {
					t.Errorf("ann logged in %d times, bob %d; bob asked %d times", ann, bob, len(of["bob"].shown))
				}
				if told := strings.Contains(log.String(), "auth.of[1]"); told != refused || strings.Contains(log.String(), "Access-Token") || strings.Contains(log.String(), oauthSecret) {
					t.Errorf("told %t: %s", told, log.String())
				}
			})
		})
	}
}

// TestPoolOfEmptyKeys proves that a key which is empty is said before the first
// request, by its place.
func TestPoolOfEmptyKeys(t *testing.T) {
	s := define(t, threeKeys, manyPages)[0]
	r := newRig(t, s, &guarded{}, "a", "Key-Of-Ann-01", "b", "Key-Of-Bob-02")
	if err := r.client.Check(r.vars); err == nil || !strings.Contains(err.Error(), "auth.of[2]: auth.token: {{ config.c }} is empty") {
		t.Errorf("got %v", err)
	}
}

// TestPoolWaitsNoDay proves that quotas which are there again only after more than an
// hour are not waited for: the API is asked, and its refusal says for how long.
func TestPoolWaitsNoDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		api := transport(func(r *http.Request) (*http.Response, error) {
			if calls++; calls > 3 {
				return says(429, `{}`, "Retry-After", "90000").response(r), nil
			}
			return says(200, `{"data":[{"id":1}],"next":"more"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "90000").response(r), nil
		})
		s := define(t, threeKeys, `path: /x, records: data, pagination: {type: cursor, next: next, param: c, session: true}`)[0]
		start := time.Now()
		e := failure(t, newRig(t, s, api, keysOf...).run(s, paging.Position{}).err)
		if took := time.Since(start); took > time.Minute || e.Class != fetch.Transient || !strings.Contains(e.Error(), "the API asks to wait until") {
			t.Errorf("after %v and %d calls: %v", took, calls, e)
		}
	})
}
