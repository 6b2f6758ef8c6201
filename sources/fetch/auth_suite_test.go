package fetch_test

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// eachWay runs a test for every way to prove who asks: in a bubble, but for TLS, which
// needs a real server.
func eachWay(t *testing.T, test func(t *testing.T, w way)) {
	for _, w := range everyWay(t) {
		t.Run(w.name, func(t *testing.T) {
			if w.tls != nil {
				test(t, w)
				return
			}
			synctest.Test(t, func(t *testing.T) { test(t, w) })
		})
	}
}

// api is an API that looks at such proofs, made with the right key.
func (w way) api(pages int, life time.Duration) *guarded {
	return &guarded{door: w.door(rightKey, life), pages: pages}
}

// client returns who asks an API with a key, and the stream that it asks for. The keys
// are further ones of the auth and of the client.
func (w way) client(t *testing.T, api http.RoundTripper, key, ofAuth, ofClient, stream string) (*rig, *sources.Stream) {
	if w.tls == nil {
		s := define(t, "auth: "+w.with(ofAuth)+ofClient, stream)[0]
		return newRig(t, s, api, "key", key, "ann", poolKeys(key)[0], "bob", poolKeys(key)[1]), s
	}
	base := w.tls.handle(t, w.tls.server, nil, func(rw http.ResponseWriter, r *http.Request) {
		r.Body = nil
		resp, err := api.RoundTrip(r)
		if err != nil {
			return
		}
		maps.Copy(rw.Header(), resp.Header)
		rw.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(rw, resp.Body)
	})
	own := w.tls.client
	if key == wrongKey {
		own = w.tls.stranger
	}
	d, err := definition.Parse("test.yaml", []byte(`{version: 1, name: test, settings: {additionalProperties: true}, client: {base_url: "`+base+`", retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms},
		tls: {cert: "{{ config.cert }}", key: "{{ config.key }}", ca: "{{ config.ca }}"}`+ofClient+`}, streams: [{name: s0, records: data, `+stream+`}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, d.Streams[0], nil, "cert", own.certPEM(), "key", own.keyPEM(t), "ca", w.tls.ca.certPEM())
	t.Cleanup(r.client.Close)
	return r, d.Streams[0]
}

// TestEveryAuthExpires proves that a walk of 200 pages with 8 in flight, whose passes
// hold for 2 seconds, is complete: one login for each of them, and no page asked for
// twice but those that were refused. Where it is known when a pass ends, none is. Under
// -short half of the pages, with 4 in flight, take as long.
func TestEveryAuthExpires(t *testing.T) {
	pages, flight := 200, 8
	if testing.Short() {
		pages, flight = 60, 2
	}
	eachWay(t, func(t *testing.T, w way) {
		hows := w.hows
		if hows == nil {
			hows = map[string]string{"": ""}
		}
		for _, how := range slices.Sorted(maps.Keys(hows)) {
			api := w.api(pages, 2*time.Second)
			if api.late = 400 * time.Millisecond; w.tls != nil {
				api.late = time.Millisecond
			}
			if strings.Contains(how, "200") {
				api.refuse = func(*http.Request) answer { return says(200, `{"data":[],"code":"over"}`) }
			}
			r, s := w.client(t, api, rightKey, hows[how], fmt.Sprintf(", max_in_flight: %d", flight), manyPages)
			start := time.Now()
			got := r.run(s, paging.Position{})
			expired := int(time.Since(start) / (1600 * time.Millisecond)) // what is renewed before it ends holds for less
			if got.err != nil {
				t.Fatalf("%s: %v", how, got.err)
			}
			wantIDs(t, got.ids, upTo(pages))
			for page, n := range api.asked {
				if n != 1 {
					t.Errorf("%s: page %s came %d times, want once", how, page, n)
				}
			}
			logins, most := len(api.logins), flight*len(api.logins)
			switch {
			case w.logins == 0 && strings.Contains(w.name, "digest"):
				most = 80
			case how == "known", how == "as the answer says", w.logins == 0:
				most = 0
			}
			if logins < 5*w.logins || logins > (expired+1)*w.logins || api.refused > most {
				t.Errorf("%s: %d logins in %v, %d requests refused, want at most %d", how, logins, time.Since(start), api.refused, most)
			}
			if n := int64(logins + len(api.sent)); r.counters.Requests.Load() != n || r.gate.entered.Load() != n {
				t.Errorf("%s: %d calls in the account, %d in the budget, want %d", how, r.counters.Requests.Load(), r.gate.entered.Load(), n)
			}
			if signed := signedTokens(api); strings.Contains(w.name, "jwt") && (signed < 5 || w.logins > 0 && signed != logins) {
				t.Errorf("%d logins with %d signed tokens", logins, signed)
			}
		}
	})
}

// signedTokens counts the tokens that were signed for what an API got.
func signedTokens(api *guarded) int {
	tokens := map[string]bool{}
	for _, body := range api.logins {
		tokens[body] = true
	}
	for _, r := range api.sent {
		if text := r.Header.Get("Authorization"); strings.HasPrefix(text, "JWT ") {
			tokens[text] = true
		}
	}
	return len(tokens)
}

// TestEveryAuthInParallel proves that walks which need a login at once wait for one,
// also where that fails for now or for good.
func TestEveryAuthInParallel(t *testing.T) {
	for _, test := range []struct{ name, key, want string }{
		{"well", rightKey, ""}, {"later", rightKey, ""}, {"wrong", wrongKey, "answered 401 Unauthorized: invalid_client: no client"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				api := w.api(3, time.Hour)
				if api.late = time.Second; w.tls != nil {
					api.late = time.Millisecond
				}
				logins, most := w.logins, w.logins
				if login := api.login; test.name == "later" && login != nil {
					logins, most = 2, 1+w.logins // a pool goes on with the other one
					api.login = func(r *http.Request, body string) answer {
						if len(api.logins) == 1 {
							return says(429, "", "Retry-After", "7")
						}
						return login(r, body)
					}
				}
				r, s := w.client(t, api, test.key, "", ", max_in_flight: 2", manyPages)
				var all sync.WaitGroup
				errs := make([]error, 6)
				for i := range errs {
					all.Go(func() { errs[i] = r.run(s, paging.Position{}).err })
				}
				all.Wait()
				for _, err := range errs {
					switch fails := test.key == wrongKey; {
					case (err != nil) != fails:
						t.Errorf("got %v", err)
					case fails && w.logins > 0 && !strings.Contains(err.Error(), test.want):
						t.Errorf("got %v, want %q", err, test.want)
					}
				}
				if n := len(api.logins); n < logins || n > most {
					t.Errorf("%d logins, want %d to %d: %q", n, logins, most, api.logins)
				}
			})
		})
	}
}

// TestEveryAuthRefused proves that wrong credentials are sent once, that the error says
// what to do, that a clock which is wrong is told where the time is signed, whatever the
// status, and that nothing of a key or a proof is shown, though the answers echo both.
func TestEveryAuthRefused(t *testing.T) {
	for _, status := range []int{401, 400, 403, 406, 200} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				if status != 401 && !w.timed {
					return
				}
				api, rules := w.api(3, time.Hour), ""
				if w.timed {
					api.refuse = func(r *http.Request) answer {
						return says(status, `{"error":"you sent `+echoed(r)+" "+wrongKey+`"}`, "Date", time.Now().Add(-20*time.Minute).UTC().Format(http.TimeFormat))
					}
				}
				if status == 200 {
					rules = `, errors: [{when: "{{ response.error }}", do: fail}]`
				}
				r, s := w.client(t, api, wrongKey, "", rules, manyPages)
				e := failure(t, r.run(s, paging.Position{}).err)
				want := "check the credentials"
				switch {
				case w.tls != nil:
					want = "client certificate"
				case w.timed:
					want = "the clock of this machine is 20m0s ahead of the API's"
				}
				if e.Class != fetch.Permanent || !strings.Contains(e.Error(), want) {
					t.Errorf("got %v: %v, want %q", e.Class, e, want)
				}
				if n := len(api.sent) + len(api.logins); n > w.wrong || status == 401 && n != w.wrong {
					t.Errorf("after %d requests, want %d: %v", n, w.wrong, e)
				}
				wantHidden(t, e.Error()+e.Request+r.log.String(), api, wrongKey)
			})
		})
	}
}

// TestEveryAuthEchoed proves that nothing of a key, a proof or a login is in the
// journal, the log, an error or the position of a walk whose answers echo them all, that
// the position goes on, with the next pass where one is in it, and that nothing of them
// goes to another host.
func TestEveryAuthEchoed(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		api, key := w.api(4, time.Hour), rightKey
		if w.tls != nil {
			key = w.tls.client.keyPEM(t)
		}
		pass := func() string {
			if api.passes == nil {
				return "none"
			}
			return api.passes.last()
		}
		away := ""
		api.more = func(r *http.Request) string {
			next := "/orders?page=2&key=" + url.QueryEscape(key) + "&pass=" + url.QueryEscape(pass())
			if away != "" {
				next = away
			}
			return fmt.Sprintf(`,"key":%q,"sent":"%s","next":%q`, key, echoed(r), next)
		}
		const linked = `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`
		r, s := w.client(t, api, rightKey, "", "", linked)
		dir := t.TempDir()
		j := openJournal(t, dir)
		walk := r.walk(s, paging.Position{})
		record(t, walk, j)
		first, err := walk.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at, text := kept(t, first.Next)
		api.shut = true
		_, err = walk.Next(t.Context())
		e := failure(t, err)
		if e.Status != 401 || w.of == nil && len(api.logins) != 2*w.logins {
			t.Errorf("after %d logins: %v", len(api.logins), e)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		wantHidden(t, text+e.Error()+r.log.String()+filesIn(t, dir), api, strings.Split(key+"\n\n", "\n")[min(1, strings.Count(key, "\n"))])

		api.shut = false
		if r, s = w.client(t, api, rightKey, "", "", linked); w.tls != nil {
			at = paging.Position{} // another server
		}
		if _, err := r.walk(s, at).Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := api.sent[len(api.sent)-1].URL.Query()
		if w.tls == nil && (sent.Get("page") != "2" || w.of == nil && sent.Get("key") != rightKey || w.sealed && w.logins > 0 && sent.Get("pass") != pass()) {
			t.Errorf("went on with %v, want the pass %s", sent, pass())
		}
		if w.tls == nil {
			away = "http://other.test/orders?page=2"
			w.staysAtHome(t, api)
		}
	})
}

// staysAtHome wants that nothing of a proof goes to another host, where a link leads
// or a redirect.
func (w way) staysAtHome(t *testing.T, api *guarded) {
	for _, redirects := range []bool{false, true} {
		got := ""
		two := transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "other.test" {
				got = all(r)
				return says(200, `{"data":[]}`).response(r), nil
			}
			resp, err := api.RoundTrip(r)
			if err == nil && redirects && resp.StatusCode == 200 && r.URL.Path == "/orders" {
				return to(307, "http://other.test/orders?page=2").response(r), nil
			}
			return resp, err
		})
		r, s := w.client(t, two, rightKey, "", ", allow_hosts: [other.test]", `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`)
		if err := r.run(s, paging.Position{}).err; err != nil || got == "" {
			t.Fatalf("the other host got %q: %v", got, err)
		}
		for _, text := range []string{"Pass-Of", "Key/0123", "Authorization", "Cookie", "sig=", "X-Amz-", "X-Time", "X-Auth", "X-Csrf", "sid="} {
			if strings.Contains(got, text) {
				t.Errorf("another host got %s: %s", text, got)
			}
		}
	}
}

// wantHidden wants that no key, and nothing that an API was sent or gave as a proof, is
// in a text.
func wantHidden(t *testing.T, said string, api *guarded, key string) {
	t.Helper()
	hidden := []string{key, url.QueryEscape(key), "Pass-Of-", "eyJhbGci", poolKeys(key)[0], poolKeys(key)[1]}
	for _, r := range api.sent {
		hidden = append(hidden, r.Header.Get("X-Amz-Security-Token"), r.URL.Query().Get("sig"))
		if parts := longText.FindAllString(r.Header.Get("Authorization"), -1); len(parts) > 0 {
			hidden = append(hidden, parts[len(parts)-1])
		}
	}
	for _, h := range api.headers {
		hidden = append(hidden, strings.TrimPrefix(h.Get("Authorization"), "Basic "))
	}
	for _, text := range hidden {
		if text != "" && strings.Contains(said, text) {
			t.Errorf("%s shows %s", said, text)
		}
	}
}

// longText is a signature, or what is as long.
var longText = regexp.MustCompile(`[A-Za-z0-9+/%]{24,}={0,2}`)

// filesIn is what all files of a folder hold, of which there must be one.
func filesIn(t *testing.T, dir string) (text string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		data, _ := os.ReadFile(path)
		text += string(data)
		return err
	})
	if text == "" {
		t.Error("there is no journal")
	}
	return text
}
