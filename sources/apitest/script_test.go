package apitest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
)

// faultsOf makes calls and returns the fault of each, as the log has it.
func faultsOf(t *testing.T, api *apitest.API, paths ...string) []string {
	t.Helper()
	c := &http.Client{Transport: api}
	for _, path := range paths {
		if _, err := calls.Do(c, calls.Get("http://shop.example"+path)); err != nil {
			t.Fatal(err)
		}
	}
	var list []string
	for _, r := range api.Requests() {
		list = append(list, r.Fault)
	}
	return list
}

func TestScript(t *testing.T) {
	fail := apitest.Status(500)
	tests := []struct {
		name   string
		option apitest.Option
		want   string // the requests that fail, of /a /b /a /b /c /c
	}{
		{"on", apitest.On(2, fail), ".x...."},
		{"on none", apitest.On(0, fail), "......"},
		{"from", apitest.From(4, fail), "...xxx"},
		{"every", apitest.Every(2, fail), ".x.x.x"},
		{"every none", apitest.Every(0, fail), "......"},
		{"on path", apitest.OnPath("/b", 2, fail), "...x.."},
		{"first attempt", apitest.OnAttempt(1, fail), "xx..x."},
		{"second attempt", apitest.OnAttempt(2, fail), "..xx.x"},
		{"certainly", apitest.Chance(1, fail), "xxxxxx"},
		{"never", apitest.Chance(0, fail), "......"},
		{"no faults", apitest.Chance(1), "......"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			for _, name := range faultsOf(t, apitest.New(tt.option), "/a", "/b", "/a", "/b", "/c", "/c") {
				if name == "" {
					got.WriteByte('.')
				} else {
					got.WriteByte('x')
				}
			}
			if got.String() != tt.want {
				t.Errorf("fails %s, want %s", &got, tt.want)
			}
		})
	}
}

// TestSeed asks a flaky, shuffled API: the same seed gives the same answers,
// another one others.
func TestSeed(t *testing.T) {
	answers := func(seed uint64) string {
		api := apitest.New(apitest.Seed(seed), apitest.Chance(0.3, apitest.Status(500), apitest.EmptyPage())).
			Add(items(apitest.Cursor, func(c *apitest.Collection) { c.Quirks.Shuffle = true }))
		c := &http.Client{Transport: api}
		var all strings.Builder
		for range 2 { // Reset begins anew
			for range 30 {
				r, err := calls.Do(c, calls.Get("http://shop.example/items"))
				if err != nil {
					t.Fatal(err)
				}
				all.Write(r.Body)
			}
			all.WriteByte('\n')
			api.Reset()
		}
		return all.String()
	}
	one, again, other := answers(1), answers(1), answers(2)
	if one != again {
		t.Error("the same seed gave other answers")
	}
	if one == other {
		t.Error("another seed gave the same answers")
	}
	if first, second, _ := strings.Cut(strings.TrimSpace(one), "\n"); first != second {
		t.Error("after Reset the answers are others")
	}
}

func TestLog(t *testing.T) {
	api := apitest.New(apitest.On(2, apitest.Reset())).
		Add(items(apitest.Cursor, func(c *apitest.Collection) { c.Method = "POST" }))
	c := &http.Client{Transport: api}
	calls.Do(c, calls.Call{
		Method: "POST", URL: "http://shop.example/items?limit=1", Body: `{"cursor":null}`,
		Header: http.Header{"X-Mark": {"here"}},
	})
	calls.Do(c, calls.Get("http://shop.example/items"))
	calls.Do(c, calls.Get("http://shop.example/nowhere"))

	log := api.Requests()
	if len(log) != 3 || api.Count() != 3 {
		t.Fatalf("%d requests in the log, Count is %d, want 3", len(log), api.Count())
	}
	r := log[0]
	if r.N != 1 || r.Method != "POST" || r.URL.String() != "http://shop.example/items?limit=1" ||
		string(r.Body) != `{"cursor":null}` || r.Header.Get("X-Mark") != "here" || r.Status != 200 {
		t.Errorf("first request: %+v", r)
	}
	for i, want := range []int{200, 0, 404} {
		if log[i].Status != want {
			t.Errorf("request %d: status %d, want %d", i+1, log[i].Status, want)
		}
	}
	api.Reset()
	if api.Count() != 0 {
		t.Errorf("after Reset Count is %d", api.Count())
	}
}

// TestBefore cancels the run at the third request, which then has no answer.
func TestBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var seen []int
	api := apitest.New(apitest.Before(func(n int, r *http.Request) {
		seen = append(seen, n)
		if n == 3 {
			cancel()
		}
	})).Add(items(apitest.Page, nil))
	var err error
	for range 4 {
		var res *http.Response
		if res, err = api.RoundTrip(request(t, ctx, "http://shop.example/items")); err != nil {
			break
		}
		res.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if want := []int{1, 2, 3}; !slices.Equal(seen, want) {
		t.Errorf("called for %v, want %v", seen, want)
	}
	if _, err := api.RoundTrip(request(t, ctx, "http://shop.example/items")); err == nil || api.Count() != 3 {
		t.Errorf("a cancelled request arrived (error %v, count %d)", err, api.Count())
	}
}

// TestConcurrent asks from many goroutines: each request has its own number.
func TestConcurrent(t *testing.T) {
	api := apitest.New(apitest.Chance(0.5, apitest.EmptyPage(), apitest.RepeatPage())).
		Add(items(apitest.Cursor, func(c *apitest.Collection) { c.SessionTTL = time.Hour; c.Quirks.Shuffle = true }))
	c := &http.Client{Transport: api}
	var seen sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				r, err := calls.Do(c, calls.Get("http://shop.example/items"))
				if err != nil || r.Status != 200 {
					t.Errorf("status %d, error %v", r.Status, err)
				}
				id := r.Header.Get("X-Request-Id")
				if _, twice := seen.LoadOrStore(id, true); twice {
					t.Errorf("%s came twice", id)
				}
			}
		})
	}
	wg.Wait()
	if got := api.Count(); got != 160 {
		t.Errorf("%d requests, want 160", got)
	}
}
