package apitest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
)

func request(t *testing.T, ctx context.Context, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHang waits for an hour that takes no time.
func TestHang(t *testing.T) {
	for _, fault := range []apitest.Fault{apitest.Hang(), apitest.Stall(20), apitest.Latency(2 * time.Hour)} {
		t.Run(fault.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := apitest.New(apitest.Every(1, fault)).Add(items(apitest.Cursor, nil))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				res, err := api.RoundTrip(request(t, ctx, "http://shop.example/items"))
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
				}
				if d := time.Since(start); d != time.Hour {
					t.Errorf("waited %v, want 1h", d)
				}
			})
		})
	}
}

// TestHangOnLoopback ends by the client's timeout, and by the end of the server.
func TestHangOnLoopback(t *testing.T) {
	for _, fault := range []apitest.Fault{apitest.Hang(), apitest.Stall(20), apitest.Latency(time.Hour)} {
		t.Run(fault.String(), func(t *testing.T) {
			api := apitest.New(apitest.Every(1, fault)).Add(items(apitest.Cursor, nil))
			base, stop, err := api.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			c := &http.Client{Transport: tr, Timeout: 50 * time.Millisecond}
			if _, err := calls.Do(c, calls.Get(base+"/items")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
			}

			c.Timeout = 0
			time.AfterFunc(50*time.Millisecond, stop)
			if _, err := calls.Do(c, calls.Get(base+"/items")); err == nil {
				t.Error("the request was answered by a server that stopped")
			}
		})
	}
}

func TestDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := apitest.New(apitest.On(1, apitest.Drip(time.Minute, 100))).Add(items(apitest.Cursor, nil))
		start := time.Now()
		res, err := api.RoundTrip(request(t, t.Context(), "http://shop.example/items"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		pieces := (len(body) + 99) / 100
		if got, want := time.Since(start), time.Duration(pieces-1)*time.Minute; got != want {
			t.Errorf("%d pieces took %v, want %v", pieces, got, want)
		}
	})
}

// TestCloseEndsRead closes a body whose Read waits.
func TestCloseEndsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := apitest.New(apitest.On(1, apitest.Stall(20))).Add(items(apitest.Cursor, nil))
		res, err := api.RoundTrip(request(t, t.Context(), "http://shop.example/items"))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { res.Body.Close() })
		if b, err := io.ReadAll(res.Body); err == nil || len(b) != 20 {
			t.Errorf("read %d bytes with error %v, want 20 and an error", len(b), err)
		}
	})
}

// TestAwait waits for requests that others make.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := apitest.New().Add(items(apitest.Page, nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() {
			for range 3 {
				time.Sleep(10 * time.Second)
				if _, err := calls.Do(&http.Client{Transport: api}, calls.Get("http://shop.example/items")); err != nil {
					t.Error(err)
				}
			}
		}()
		start := time.Now()
		if err := api.Await(ctx, 2); err != nil || time.Since(start) != 20*time.Second || api.Count() != 2 {
			t.Errorf("got %v after %s, with %d requests", err, time.Since(start), api.Count())
		}
		if err := api.Await(ctx, 4); err == nil || time.Since(start) != time.Minute {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// TestSessionTTL lets tokens lie: they live as long as they are used.
func TestSessionTTL(t *testing.T) {
	for _, style := range []apitest.Style{apitest.Cursor, apitest.NextURL, apitest.Scroll} {
		for _, tt := range []struct {
			name   string
			pause  time.Duration
			status int
		}{
			{"in time", 59 * time.Second, 200},
			{"late", 61 * time.Second, 410},
		} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := apitest.New().Add(items(style, func(c *apitest.Collection) { c.SessionTTL = time.Minute }))
					c := &http.Client{Transport: api}
					in := calls.Get("http://shop.example/items")
					for range 3 {
						r, err := calls.Do(c, in)
						if err != nil {
							t.Fatal(err)
						}
						if r.Status != 200 {
							break
						}
						in = *mustNext(t, style, in, r)
						time.Sleep(tt.pause)
					}
					r, err := calls.Do(c, in)
					if err := wants(tt.status, "{")(r, err); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

func mustNext(t *testing.T, style apitest.Style, in calls.Call, r calls.Reply) *calls.Call {
	t.Helper()
	w := map[apitest.Style]walker{
		apitest.Cursor: walkCursor, apitest.NextURL: walkURL, apitest.Scroll: walkScroll,
	}[style]
	_, next, err := w(in, r)
	if err != nil || next == nil {
		t.Fatalf("no next page (%v): %s", err, r.Body)
	}
	return next
}

func TestExpireSessions(t *testing.T) {
	for _, style := range []apitest.Style{apitest.Cursor, apitest.NextURL, apitest.Scroll} {
		api := apitest.New(apitest.On(2, apitest.ExpireSessions())).Add(items(style, nil))
		c := &http.Client{Transport: api}
		in := calls.Get("http://shop.example/items")
		r, err := calls.Do(c, in)
		if err != nil {
			t.Fatal(err)
		}
		next := *mustNext(t, style, in, r)
		for n := 2; n <= 3; n++ { // what has expired stays so
			r, err := calls.Do(c, next)
			if err := wants(410, `{"error":{"code":"expired_cursor",`)(r, err); err != nil {
				t.Errorf("style %d, request %d: %v", style, n, err)
			}
		}
		r, err = calls.Do(c, in)
		if err := wants(200, `{"data":[{"id":1,`)(r, err); err != nil {
			t.Errorf("style %d, from the start: %v", style, err)
		}
	}
}
