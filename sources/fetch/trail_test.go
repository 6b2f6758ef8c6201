package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestTrail: whoever follows the requests of a walk hears of each once, with its attempts,
// what it waited for and how it ended, and of no secret. The counters have the answers by
// their status.
func TestTrail(t *testing.T) {
	const key = "hunter2-0123456789"
	later := http.Header{"Retry-After": {"30"}}
	synctest.Test(t, func(t *testing.T) {
		s := define(t, `rate_limit: {requests: 3, per: 1m}, retry: {attempts: 3}`, `path: "/x/{{ config.key }}", params: {key: "{{ config.key }}"}, pagination: {type: cursor, next: next, param: c}`)[0]
		r := newRig(t, s, &script{answers: []answer{
			{503, `{"why":"` + key + `"}`, nil}, {429, "", later}, {200, `{"data":[{"id":1},{"id":2}],"next":"a"}`, nil}, {403, `{"why":"` + key + `"}`, nil},
		}}, "key", key)
		o := r.client.Options
		var trails []*fetch.Trail
		o.Follow = func(ctx context.Context, trail *fetch.Trail) {
			if ctx.Value(follower{}) == nil {
				t.Error("the context is another one")
			}
			trails = append(trails, trail)
		}
		r.client = fetch.NewClient(s.Client, o, r.vars)
		w, ctx := r.walk(s, paging.Position{}), context.WithValue(t.Context(), follower{}, true)
		began := time.Now()
		if page, err := w.Next(ctx); err != nil || page.Last {
			t.Fatal(err)
		}
		if _, err := w.Next(ctx); err == nil {
			t.Fatal("403 is no error")
		}
		if len(trails) != 2 {
			t.Fatalf("%d requests are followed, want 2", len(trails))
		}
		first, second := trails[0], trails[1]
		if first.Method != "GET" || first.Host != "api.test" || !strings.HasPrefix(first.URL, "http://api.test/x/***?key=***") || first.Stream != "s0" || !first.Began.Equal(began) {
			t.Errorf("the first one is %+v", first)
		}
		if first.Attempts != 3 || first.Status != 200 || first.Records != 2 || first.Bytes == 0 || first.Err != nil || first.Ended.Sub(first.Began) < 30*time.Second {
			t.Errorf("the first one ended as %+v", first)
		}
		var steps []string
		for _, step := range slices.Concat(first.Steps, second.Steps) {
			steps = append(steps, fmt.Sprint(step.What, " ", step.Status))
		}
		if want := []string{"retry 503", "retry 429", "wait 0"}; !slices.Equal(steps, want) {
			t.Errorf("steps are %q, want %q", steps, want)
		}
		if wait := second.Steps[0]; wait.For <= 0 || wait.For > time.Minute || !strings.Contains(wait.Why, "3 requests in every 1m") {
			t.Errorf("it waited %+v", wait)
		}
		if second.Attempts != 1 || second.Status != 403 || second.Err == nil {
			t.Errorf("the second one ended as %+v", second)
		}
		for _, trail := range trails {
			if text := fmt.Sprintf("%+v", *trail); strings.Contains(text, "hunter2") {
				t.Errorf("a secret is in it: %s", text)
			}
		}
		if got, want := fmt.Sprint(r.counters.Answers.All()), "map[200:1 403:1 429:1 503:1]"; got != want {
			t.Errorf("answers are %s, want %s", got, want)
		}
	})
}

// TestTrailOfLogins: each request of a login, and each that renews it, is followed in the
// context of the walk that needed it, without a secret; one that is refused says so.
func TestTrailOfLogins(t *testing.T) {
	for _, tt := range []struct {
		name   string
		refuse int // the login that is answered with 401, from 1; 0: none
		want   []string
	}{
		{"a login, and another when it ends", 0, []string{
			"POST http://api.test/token 200 <nil>", "GET 200", "POST http://api.test/token 200 <nil>", "GET 200",
		}},
		{"the second one is refused", 2, []string{
			"POST http://api.test/token 200 <nil>", "GET 200", "POST http://api.test/token 401 answered 401 Unauthorized", "GET 0",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := tokenAPI(3, time.Hour)
				logIn := api.login
				n := 0
				api.login = func(r *http.Request, body string) answer {
					if n++; n == tt.refuse {
						return says(401, `{"error":"invalid_client"}`)
					}
					return logIn(r, body)
				}
				s := define(t, clientCredentials, manyPages)[0]
				r := newRig(t, s, api, "key", oauthSecret)
				o := r.client.Options
				var got []string
				o.Follow = func(ctx context.Context, trail *fetch.Trail) {
					if ctx.Value(follower{}) == nil {
						t.Error("the context is another one")
					}
					if text := fmt.Sprintf("%+v", *trail); strings.Contains(text, oauthSecret) {
						t.Errorf("a secret is in it: %s", text)
					}
					if !trail.Login {
						got = append(got, fmt.Sprint(trail.Method, " ", trail.Status))
						return
					}
					if trail.Stream != "s0" || trail.Host != "api.test" || trail.Attempts != 1 || trail.Bytes == 0 || trail.Ended.Before(trail.Began) {
						t.Errorf("the login is %+v", trail)
					}
					got = append(got, fmt.Sprint(trail.Method, " ", trail.URL, " ", trail.Status, " ", trail.Err))
				}
				r.client = fetch.NewClient(s.Client, o, r.vars)
				w, ctx := r.walk(s, paging.Position{}), context.WithValue(t.Context(), follower{}, true)
				if _, err := w.Next(ctx); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				if _, err := w.Next(ctx); (err != nil) != (tt.refuse > 0) {
					t.Fatal(err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got\n%q\nwant\n%q", got, tt.want)
				}
			})
		})
	}
}

// follower is the key of what a walk's context holds.
type follower struct{}
