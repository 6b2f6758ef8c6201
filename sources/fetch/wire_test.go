package fetch_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

func TestEncodings(t *testing.T) {
	for _, encoding := range []string{"gzip", "zstd", "br"} {
		s := define(t, "", cursorStream)[0]
		api := apitest.New().Add(orders(25, func(c *apitest.Collection) { c.Encoding = coding.Named(encoding) }))
		r := newRig(t, s, api)
		got := r.run(s, paging.Position{})
		if got.err != nil || got.last.Header.Get("Content-Encoding") != encoding {
			t.Fatalf("%s: %v", encoding, got.err)
		}
		wantIDs(t, got.ids, upTo(25))
	}
}

// TestBodiesThatAreRefused proves that what asking again would not change is
// asked for once.
func TestBodiesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		stream string
		fault  apitest.Fault
		want   string
	}{
		{"long, asked for its records", cursorStream + `, keep: "{{ record.id in response.data }}"`, apitest.BigBody(body.Max + 1),
			"the answer is larger than 8 MiB, and keep may look at its records, which are not in memory then; request id req-000001; ask for smaller pages"},
		{"long, by a query", cursorStream + `, records: "data.#(id>0)#"`, apitest.BigBody(body.Max + 1),
			`the answer is larger than 8 MiB: records: a path with queries or modifiers is asked of the whole body: "data.#(id>0)#"; request id req-000001; ask for smaller pages`},
		{"unknown encoding", cursorStream, apitest.Header("Content-Encoding", "lzma"), `unknown Content-Encoding "lzma"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := define(t, "", test.stream)[0]
			api := apitest.New(apitest.From(1, test.fault)).Add(orders(25, nil))
			e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) || api.Count() != 1 {
				t.Errorf("got %v: %v after %d requests, want %q", e.Class, e, api.Count(), test.want)
			}
		})
	}
	s := define(t, "", `path: /orders`)[0]
	api := apitest.New(apitest.From(1, apitest.BigBody(body.Max))).Add(orders(25, is(apitest.None)))
	if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != 25 {
		t.Errorf("the largest body: %v", got.err)
	}
}

// TestSockets proves that a client of its own gets over faults on real
// connections, and leaves nothing behind.
func TestSockets(t *testing.T) {
	api := apitest.New(
		apitest.On(1, apitest.Status(503)), apitest.On(3, apitest.ResetBody(100)), apitest.On(5, apitest.CutBody(100)),
		apitest.On(7, apitest.CutChunked(100)), apitest.On(9, apitest.Stall(100)), apitest.On(11, apitest.Reset()),
	).Add(orders(95, func(c *apitest.Collection) { c.Encoding = coding.Named("zstd") }))
	url := testrig.Serve(t, api)
	s := define(t, "timeout: 200ms, retry: {min_wait: 1ms}", fmt.Sprintf("base_url: %q, ", url)+cursorStream)[0]
	r := newRig(t, s, nil)
	defer r.client.Close()
	got := r.run(s, paging.Position{})
	if got.err != nil {
		t.Fatal(got.err)
	}
	wantIDs(t, got.ids, upTo(95))
	if n := r.counters.Retries.Load(); n < 5 {
		t.Errorf("%d retries, want one for each fault", n)
	}
}

// TestServersThatAreNone proves what a wrong scheme, a strange certificate and
// a port where nobody listens come to.
func TestServersThatAreNone(t *testing.T) {
	secure := httptest.NewUnstartedServer(apitest.New())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(apitest.New())
	defer plain.Close()
	gone := httptest.NewServer(apitest.New())
	gone.Close()
	for _, test := range []struct {
		url   string
		class fetch.Class
		want  string
	}{
		{secure.URL, fetch.Permanent, "is the scheme of base_url right? if the API has an authority of its own"},
		{strings.Replace(plain.URL, "http:", "https:", 1), fetch.Permanent, "is the scheme of base_url right"},
		{gone.URL, fetch.Transient, "connection refused"},
	} {
		s := define(t, "retry: {attempts: 2, min_wait: 1ms}", fmt.Sprintf("base_url: %q, ", test.url)+cursorStream)[0]
		r := newRig(t, s, nil)
		e := failure(t, r.run(s, paging.Position{}).err)
		r.client.Close()
		if e.Class != test.class || !strings.Contains(e.Error(), test.want) {
			t.Errorf("%s: got %v: %v, want %q", test.url, e.Class, e, test.want)
		}
	}
}

// TestTimeoutsCountFromTheLastByte proves that a walk which takes long as a
// whole is not ended, while its answers come.
func TestTimeoutsCountFromTheLastByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "timeout: 10s", cursorStream)[0]
		api := apitest.New(apitest.Every(1, apitest.Latency(9*time.Second)), apitest.Every(1, apitest.Drip(9*time.Second, 2000))).Add(orders(25, nil))
		late := transport(func(q *http.Request) (*http.Response, error) {
			resp, err := api.RoundTrip(q)
			if err == nil {
				resp.Body = &lateBody{resp.Body, 9 * time.Second}
			}
			return resp, err
		})
		start := time.Now()
		got := newRig(t, s, late).run(s, paging.Position{})
		if got.err != nil || time.Since(start) < 60*time.Second {
			t.Errorf("got %v after %v", got.err, time.Since(start))
		}
	})
}

// lateBody is a body that waits before its first byte.
type lateBody struct {
	io.ReadCloser
	wait time.Duration
}

func (b *lateBody) Read(p []byte) (int, error) {
	time.Sleep(b.wait)
	b.wait = 0
	return b.ReadCloser.Read(p)
}
