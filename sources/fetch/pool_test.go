package fetch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
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

// api makes it an API.
func (k *keyed) api() http.RoundTripper {
	k.began, k.used, k.asks = time.Now(), map[string]int{}, map[string]int{}
	k.guarded.proves = func(r *http.Request, _ string, _ time.Time) bool {
		key := bearerOf(r)
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
		if status := k.status[bearerOf(r)]; status != 0 {
			return says(status, `{"error":"`+bearerOf(r)+` is revoked"}`)
		}
		k.over++
		return says(429, `{"error":"slow down, `+bearerOf(r)+`"}`, "Retry-After", fmt.Sprint(k.reset()))
	}
	return transport(func(r *http.Request) (*http.Response, error) {
		resp, err := k.guarded.RoundTrip(r)
		if err == nil && !k.silent {
			k.mu.Lock()
			defer k.mu.Unlock()
			resp.Header.Set("X-RateLimit-Limit", fmt.Sprint(k.quotas[bearerOf(r)]))
			resp.Header.Set("X-RateLimit-Remaining", fmt.Sprint(max(0, k.quotas[bearerOf(r)]-k.used[bearerOf(r)])))
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
// where the API says that, but for those in flight when a quota begins anew, and
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
		{"and waited for", 180, false, 8, 8, 55 * time.Second, 80 * time.Second}, // answers of several in flight cross at the turn of a quota
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
				k.more = func(r *http.Request) string { return `,"you":"` + bearerOf(r) + `"` }
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

// TestEveryPoolGoesOnWithoutOne proves that a credential of any kind which the API
// refuses, or whose login it refuses, is left out, told by its place and without its
// secret, and that the other goes on for it.
func TestEveryPoolGoesOnWithoutOne(t *testing.T) {
	for at, who := range []string{"ann", "bob"} {
		t.Run(who, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				if w.of == nil {
					return
				}
				api := w.api(60, 2*time.Second)
				_, s := w.client(t, api, rightKey, "", ", max_in_flight: 4", manyPages)
				keys, wrong := poolKeys(rightKey), poolKeys(wrongKey)[at]
				keys[at] = wrong
				r := newRig(t, s, api, "ann", keys[0], "bob", keys[1])
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatalf("%v\n%s", got.err, r.log.String())
				}
				wantIDs(t, got.ids, upTo(60))
				if n := strings.Count(r.log.String(), "left out for the rest of the run"); n != 1 || !strings.Contains(r.log.String(), fmt.Sprintf("auth.of[%d]", at)) {
					t.Errorf("told %d times: %s", n, r.log.String())
				}
				wantHidden(t, r.log.String(), api, wrong)
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
