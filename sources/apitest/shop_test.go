package apitest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// patient is a client that tries again, as it is told to.
type patient struct {
	t     *testing.T
	c     *http.Client
	waits int // for a Retry-After of one second
	retry int
}

func (p *patient) walk(first calls.Call, w walker) (ids []int) {
	p.t.Helper()
	for in := &first; in != nil; {
		r, err := calls.Do(p.c, *in)
		if err != nil || r.Status != 200 {
			if p.retry++; p.retry > 50 {
				p.t.Fatalf("%s: %d, %v", in.URL, r.Status, err)
			}
			if r.Header.Get("Retry-After") == "1" {
				p.waits++
			}
			continue
		}
		records, next, err := w(*in, r)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, record := range records {
			var v struct{ ID json.Number }
			json.Unmarshal(record, &v)
			id, _ := v.ID.Int64()
			ids = append(ids, int(id))
		}
		in = next
	}
	return ids
}

// TestShop reads the shop out without sockets, for some seeds. Its time is that
// of the slow answer: the client does not wait between its attempts.
func TestShop(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				readShop(t, &http.Client{Transport: apitest.Shop(apitest.Seed(seed))}, "http://shop.example")
				if d := time.Since(start); d < 200*time.Millisecond || d > time.Second {
					t.Errorf("took %v, want between 200ms and 1s", d)
				}
			})
		})
	}
}

func TestShopOnLoopback(t *testing.T) {
	base := testrig.Serve(t, apitest.Shop())
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	readShop(t, &http.Client{Transport: tr}, base)
}

func readShop(t *testing.T, c *http.Client, base string) {
	t.Helper()
	p := &patient{t: t, c: c}
	if got := len(p.walk(calls.Get(base+"/shops"), walkOnce)); got != 3 {
		t.Errorf("%d shops, want 3", got)
	}
	everyID(t, p.walk(calls.Get(base+"/customers"), walkCounting("page", 1, one)), 2000)
	everyID(t, p.walk(calls.Get(base+"/orders"), walkCursor), 20000)
	if p.waits != 3 || p.retry != 7 {
		t.Errorf("%d waits in %d retries, want 3 in 7", p.waits, p.retry)
	}
}

// order is one of the shop's orders, with amounts as they are written.
type order struct {
	ID         int
	CustomerID int `json:"customer_id"`
	Total      json.Number
	Lines      []struct {
		Quantity int
		Price    json.Number
	}
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// TestOrders checks what the documentation says of the records.
func TestOrders(t *testing.T) {
	const n = 20_000
	c := apitest.Orders(n)
	var size int
	var before order
	for i := range n {
		b := c.Made.Append(nil, i)
		size += len(b)
		if !testshare.Takes(i+1, n) {
			continue
		}
		var o order
		if err := json.Unmarshal(b, &o); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		cents := 0
		for _, l := range o.Lines {
			cents += l.Quantity * parseCents(t, l.Price)
		}
		if o.ID != i+1 || parseCents(t, o.Total) != cents || len(o.Lines) < 1 || len(o.Lines) > 4 {
			t.Fatalf("record %d: %s", i, b)
		}
		if !o.CreatedAt.After(before.CreatedAt) || !o.UpdatedAt.After(before.UpdatedAt) || o.UpdatedAt.Before(o.CreatedAt) {
			t.Fatalf("record %d goes back in time: %s", i, b)
		}
		if y := o.UpdatedAt.Year(); y < 2024 || y > 2025 {
			t.Fatalf("record %d lies outside 2024 and 2025: %s", i, b)
		}
		before = o
	}
	if mean := size / n; mean < 520 || mean > 560 {
		t.Errorf("%d bytes a record, want about 540", mean)
	}
}

func parseCents(t *testing.T, n json.Number) int {
	t.Helper()
	var whole, cents int
	if _, err := fmt.Sscanf(n.String(), "%d.%02d", &whole, &cents); err != nil {
		t.Fatalf("%q is no amount: %v", n, err)
	}
	return whole*100 + cents
}

func TestRecordsDoNotAllocate(t *testing.T) {
	for name, c := range map[string]apitest.Collection{"orders": apitest.Orders(1000), "customers": apitest.Customers(1000)} {
		b := make([]byte, 0, 4096)
		i := 0
		if got := testing.AllocsPerRun(1000, func() { b = c.Made.Append(b[:0], i%1000); i++ }); got != 0 {
			t.Errorf("%s: %v allocations a record, want 0", name, got)
		}
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkOrdersPage renders pages of 1,000 orders.
func BenchmarkOrdersPage(b *testing.B) {
	api := apitest.New().Add(apitest.Orders(1_000_000))
	b.Run("ServeHTTP", func(b *testing.B) {
		r := httptest.NewRequest("GET", "/orders?limit=1000", nil)
		w := discard{http.Header{}}
		b.SetBytes(537_000)
		b.ReportAllocs()
		for b.Loop() {
			api.ServeHTTP(w, r)
		}
	})
	b.Run("RoundTrip", func(b *testing.B) {
		r := httptest.NewRequest("GET", "http://shop.example/orders?limit=1000", nil)
		b.SetBytes(537_000)
		b.ReportAllocs()
		for b.Loop() {
			res, err := api.RoundTrip(r)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	})
}

// BenchmarkOrdersLoopback reads pages of 1,000 orders through a socket.
func BenchmarkOrdersLoopback(b *testing.B) {
	base := testrig.Serve(b, apitest.New().Add(apitest.Orders(1_000_000)))
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	b.SetBytes(537_000)
	for b.Loop() {
		res, err := c.Get(base + "/orders?limit=1000")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}
