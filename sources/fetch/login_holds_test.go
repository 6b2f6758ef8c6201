package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// expiring is an API of pages behind a login that holds for a while.
func expiring(life time.Duration, pages int) *guarded {
	gives := func(pass string, _ time.Duration) answer { return says(200, `{"data":{"token":"`+pass+`"}}`) }
	said := func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("X-Auth"), "Token ") }
	return &guarded{pages: pages, late: time.Second, door: afterLogin(gives, said)(sessionSecret, life)}
}

// withToken is a client of such an API, with more keys of its auth.
func withToken(more string) string { return strings.TrimSuffix(jsonToken, "}") + more + "}" }

// TestLoginExpiresWithoutAWord proves what becomes of a walk of 10 pages whose login
// expires in its middle, or before its first page, where the API answers such a login
// with 200 and an empty list and the definition has no expired: what contradicts the
// answer before is asked for again with another login, what contradicts the answer
// itself fails, and what nothing contradicts is counted.
func TestLoginExpiresWithoutAWord(t *testing.T) {
	const pages = `path: /x, pagination: {type: page, param: page`
	for _, test := range []struct {
		name, stream, auth, over string
		life                     time.Duration
		got                      int
		fails, remarks           string
		unwitnessed              int64
	}{
		{"the total falls", pages + `, total: total, ahead: 1}`, ``, `{"data":[],"total":0}`, 5 * time.Second, 10, "", "the login had expired", 0},
		{"the total falls, with pages ahead", pages + `, total: total}`, ``, `{"data":[],"total":0}`, 3500 * time.Millisecond, 10, "", "the login had expired", 0},
		{"the total stays", pages + `, total: total, ahead: 1}`, ``, `{"data":[],"total":10}`, 5 * time.Second, -1, "write auth: {expired: …}", "", 0},
		{"more, and no next", `path: /x, pagination: {type: cursor, next: next, param: page, more: more}`, ``, `{"data":[],"more":true}`, 5 * time.Second, -1, "write auth: {expired: …}", "", 0},
		{"nothing says so", pages + `}`, ``, `{"data":[]}`, 5 * time.Second, 4, "", "", 1},
		{"nothing says so of the first page", pages + `}`, ``, `{"data":[]}`, time.Second / 2, 0, "", "", 1},
		{"nothing says so of the first page, whose total is 0", pages + `, total: total}`, ``, `{"data":[],"total":0}`, time.Second / 2, 0, "", "", 1},
		{"the definition says how long a login holds", pages + `}`, `, ttl: 4s`, `{"data":[]}`, 5 * time.Second, 10, "", "", 0},
		{"the definition says that it cannot be", pages + `}`, `, expired: "{{ false }}"`, `{"data":[]}`, 5 * time.Second, 4, "", "", 0},
		{"expired looks at what no answer has", pages + `}`, `, expired: "{{ response.state == 'gone' }}"`, `{"data":[],"status":"gone"}`, 5 * time.Second, 4, "", "", 1},
		{"it does, and the total stays", pages + `, total: total, ahead: 1}`, `, expired: "{{ response.statis == 'gone' }}"`, `{"data":[],"total":10,"status":"gone"}`, 5 * time.Second, -1,
			"auth.expired: \"{{ response.status == 'gone' }}\"", "", 0},
		{"expired was true once", pages + `}`, `, expired: "{{ response.status == 'gone' }}"`, `{"data":[],"status":"gone"}`, 5 * time.Second, 10, "", "", 0},
		{"expired looks at what the answer has", pages + `}`, `, expired: "{{ response.data == 'gone' }}"`, ``, time.Hour, 10, "", "", 0},
		{"a rule said login", pages + `}, errors: [{when: "{{ response.status == 'gone' }}", do: login}]`, ``, `{"data":[],"status":"gone"}`, 5 * time.Second, 10, "", "", 0},
		{"it holds, and the last page is empty", pages + `}`, ``, ``, time.Hour, 10, "", "", 1},
		{"it holds, and all that is counted came", pages + `, total: total}`, ``, ``, time.Hour, 10, "", "", 0},
		{"the API says 401", pages + `}`, ``, `401`, 5 * time.Second, 10, "", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := expiring(test.life, 10)
				if strings.HasPrefix(test.over, "{") {
					api.refuse = func(*http.Request) answer { return says(200, test.over) }
				}
				if strings.Contains(test.stream, "cursor") {
					api.more = func(*http.Request) string { return fmt.Sprintf(`,"more":true,"next":%d`, len(api.sent)+1) }
				}
				s := define(t, withToken(test.auth)+", max_in_flight: 4", test.stream)[0]
				r := newRig(t, s, api, "key", sessionSecret)
				got := r.run(s, paging.Position{})
				if test.fails != "" {
					var e *fetch.Error
					if !errors.As(got.err, &e) || !strings.Contains(e.Error(), test.fails) {
						t.Errorf("got %v, want %q", got.err, test.fails)
					}
					return
				}
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(test.got))
				if n := r.counters.Unwitnessed.Load(); n != test.unwitnessed {
					t.Errorf("%d walks are counted, want %d", n, test.unwitnessed)
				}
			})
		})
	}
}

// TestLoginHeld proves that an answer with records, asked for later, shows of the
// walks before it that the login held, and that a refusal by 401 does.
func TestLoginHeld(t *testing.T) {
	for _, test := range []struct {
		name  string
		life  time.Duration
		walks []int // how many pages each has
		want  []int64
	}{
		{"one after the other", time.Hour, []int{0, 0, 1, 0}, []int64{1, 2, 1, 2}},
		{"refused", 2500 * time.Millisecond, []int{0, 0, 0, 0}, []int64{1, 2, 0, 0}},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := expiring(test.life, 0)
			s := define(t, withToken(""), `path: /x, pagination: {type: page, param: page}`)[0]
			r := newRig(t, s, api, "key", sessionSecret)
			for i, pages := range test.walks {
				api.pages = pages
				if got := r.run(s, paging.Position{}); got.err != nil {
					t.Fatal(got.err)
				}
				if n := r.counters.Unwitnessed.Load(); n != test.want[i] {
					t.Errorf("%s, walk %d: %d are counted, want %d", test.name, i+1, n, test.want[i])
				}
			}
		})
	}
}

// TestLapsedIsTold proves that the page with which a walk goes on behind an expired
// login says what to write.
func TestLapsedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := expiring(5*time.Second, 10)
		api.refuse = func(*http.Request) answer { return says(200, `{"data":[],"total":0}`) }
		s := define(t, withToken(""), `path: /x, pagination: {type: page, param: page, total: total, ahead: 1}`)[0]
		w := newRig(t, s, api, "key", sessionSecret).walk(s, paging.Position{})
		var remarks []string
		for range 10 {
			page, err := w.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			remarks = append(remarks, page.Remarks...)
			page.Release()
		}
		if all := strings.Join(remarks, "\n"); !strings.Contains(all, "the login had expired") || len(remarks) > 3 {
			t.Errorf("told %q", remarks)
		}
	})
}
