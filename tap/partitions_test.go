package tap_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// shops is an API with accounts, shops of accounts and orders of shops, which
// answers on pages of two.
type shops struct {
	mu     sync.Mutex
	rows   map[string][]row // by path
	asked  []string         // path and query of each request, in order
	fails  map[string]int   // status of paths that fail
	slow   time.Duration
	most   int // requests at a time, so far
	now    int
	refuse int         // status of requests behind the second page; 0: none
	at     func(n int) // nil, or called at each request
}

// row is a record of shops.
type row struct {
	ID      int    `json:"id"`
	Account string `json:"account,omitempty"`
	Open    bool   `json:"open"`
	Updated string `json:"updated_at"`
}

func newShops() *shops { return &shops{rows: map[string][]row{}, fails: map[string]int{}} }

func (s *shops) add(path string, rows ...row) *shops {
	s.rows[path] = append(s.rows[path], rows...)
	return s
}

func (s *shops) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil { // net/http would not send it
		return nil, err
	}
	s.mu.Lock()
	at := r.URL.RequestURI()
	s.asked = append(s.asked, at)
	n, hook := len(s.asked), s.at
	s.now++
	s.most = max(s.most, s.now)
	status := s.fails[r.URL.Path]
	s.mu.Unlock()
	if hook != nil {
		hook(n)
	}
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	select {
	case <-time.After(s.slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if status != 0 {
		return testrig.Answer(r, status, "{}"), nil
	}
	query := r.URL.Query()
	s.mu.Lock()
	var found []row
	for _, one := range s.rows[r.URL.Path] {
		if from, to := query.Get("from"), query.Get("to"); (from == "" || one.Updated >= from) && (to == "" || one.Updated < to) &&
			(query.Get("account") == "" || one.Account == query.Get("account")) &&
			(query.Get("ids") == "" || slices.Contains(strings.Split(query.Get("ids"), ","), strconv.Itoa(one.ID))) {
			found = append(found, one)
		}
	}
	s.mu.Unlock()
	first, _ := strconv.Atoi(query.Get("after"))
	if s.refuse != 0 && first > 2 {
		return testrig.Answer(r, s.refuse, `{"error": "too far"}`), nil
	}
	total := len(found)
	found = found[min(first, len(found)):]
	next := ""
	if len(found) > 2 {
		found, next = found[:2], strconv.Itoa(first+2)
	}
	body, err := json.Marshal(map[string]any{"data": append([]row{}, found...), "next": next, "total": total})
	if err != nil {
		return nil, err
	}
	return testrig.Answer(r, 200, string(body)), nil
}

const partitioned = `defaults:
  records: data
  primary_key: [id]
  pagination: {type: cursor, next: next, param: after}
streams:
`

// many returns n rows, an hour apart.
func many(n int, from time.Time) (all []row) {
	for i := range n {
		all = append(all, row{ID: i + 1, Open: true, Updated: from.Add(time.Duration(i) * time.Hour).Format(time.RFC3339)})
	}
	return all
}

// idsOf returns the ids of a stream's records, each once.
func idsOf(t *testing.T, r result, stream string) []int {
	t.Helper()
	var ids []int
	for _, l := range r.lines {
		if l.Type != "RECORD" || l.Stream != stream {
			continue
		}
		var one row
		if err := json.Unmarshal(l.Record, &one); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

const ordersByDay = partitioned + `  - name: orders
    path: /orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", window: 1d, lookback: 2d}
`

// TestWindows reads a month in windows of a day, and then what came since.
func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := newShops().add("/orders", many(31*24+6, time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC))...)
		s := setup{definition: ordersByDay, workDir: memoryFolder(t), api: api}
		r := s.must(t)
		if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(31*24+6)) {
			t.Errorf("%d records came", len(got))
		}
		windows := map[string]bool{}
		for _, at := range api.asked {
			windows[at[strings.Index(at, "from="):]] = true
		}
		state := r.state()
		if !strings.Contains(state, `"replication_key_value":"2025-06-01T11:50:00Z"`) || !strings.Contains(state, `"resume":null`) {
			t.Errorf("state %s", state)
		}
		api.asked = nil
		time.Sleep(24 * time.Hour)
		s.state = state
		s.must(t)
		var from []string
		for _, at := range api.asked {
			_, at, _ = strings.Cut(at, "from=")
			from = append(from, at)
		}
		slices.Sort(from)
		if len(from) < 4 || !strings.HasPrefix(from[0], "2025-05-30T11") {
			t.Errorf("asked %q", from)
		}
	})
}

const shopOrders = partitioned + `  - {name: accounts, path: /accounts}
  - name: shops
    path: /accounts/{{ partition.account }}/shops
    partition_by: [{parent: accounts, keys: {account: id}, when: "{{ record.open }}"}]
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {account: "{{ partition.account }}"}
    add: {shop: "{{ partition.shop }}"}
    partition_by: [{parent: shops, keys: {shop: id}}]
`

// family returns accounts with shops with orders, of numbers that are the same
// everywhere.
func family(accounts, each, orders int) *shops {
	api := newShops()
	shop, order := 0, 0
	for a := range accounts {
		api.add("/accounts", row{ID: a + 1, Open: a%7 != 6})
		for range each {
			shop++
			api.add(fmt.Sprintf("/accounts/%d/shops", a+1), row{ID: shop})
			for range orders {
				order++
				api.add(fmt.Sprintf("/shops/%d/orders", shop), row{ID: order, Account: strconv.Itoa(a + 1)})
			}
		}
	}
	return api
}

// ordersAlone is a catalog that selects orders.
const ordersAlone = `{"streams":[{"tap_stream_id":"orders","stream":"orders","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}`

func TestFamily(t *testing.T) {
	for _, tt := range []struct{ name, catalog string }{
		{"all selected", ""},
		{"parents not selected", ordersAlone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				api.slow = time.Millisecond
				r := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, catalog: tt.catalog}.must(t)
				if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(150)) {
					t.Errorf("%d orders came: %v", len(got), got)
				}
				if tt.catalog == "" && (len(idsOf(t, r, "shops")) != 30 || len(idsOf(t, r, "accounts")) != 6) {
					t.Errorf("%v shops, %v accounts", idsOf(t, r, "shops"), idsOf(t, r, "accounts"))
				}
				state := r.state()
				if strings.Contains(state, `"resume":[`) {
					t.Errorf("state %s", state)
				}
				if len(api.asked) != 3+6*3+30*3 {
					t.Errorf("%d requests", len(api.asked))
				}
			})
		})
	}
}

// TestDiscoverPartitions infers schemas from the first contexts that have
// records, and asks for few pages.
func TestDiscoverPartitions(t *testing.T) {
	api := newShops().add("/accounts", row{ID: 1, Open: true}, row{ID: 2, Open: true}).
		add("/accounts/2/shops", row{ID: 7}, row{ID: 8}).
		add("/shops/8/orders", row{ID: 1, Account: "2"})
	s := setup{definition: shopOrders, api: api}
	all, err := tap.Discover(t.Context(), s.options(t, io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Name == "orders" && !strings.Contains(string(d.Schema), `"shop"`) {
			t.Errorf("orders has the schema %s", d.Schema)
		}
	}
	if len(api.asked) > 12 {
		t.Errorf("%d requests: %v", len(api.asked), api.asked)
	}
	look, err := tap.Preview(t.Context(), s.options(t, io.Discard, io.Discard), "orders", 5)
	records := look.Records
	if err != nil || len(records) != 1 || !strings.Contains(string(records[0]), `"shop":8`) {
		t.Errorf("preview: %s, %v", records, err)
	}
}

// TestSplit halves windows that ask for too much, as a rule says, and those whose
// sessions the API loses.
func TestSplit(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, errors string
		refuse       int // status of requests behind the second page
		want         int // at most so many requests
	}{
		{"rule", `    errors: [{when: "{{ response.total > 4 }}", do: split}]` + "\n", 0, 0},
		{"lost sessions", "", 410, 0},
		{"cap", "", 422, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 5, 3, 12, 0, 0, 0, time.UTC))
				api := newShops().add("/orders", many(48, begin)...)
				api.refuse = tt.refuse
				s := setup{definition: ordersByDay + tt.errors, workDir: memoryFolder(t), api: api}
				r := s.must(t)
				if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(48)) {
					t.Errorf("%d records came: %v\n%s", len(got), got, r.log)
				}
				if !done(t, r.state(), "orders") || !strings.Contains(r.log, "the window is halved") {
					t.Errorf("state %s\n%s", r.state(), r.log)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 3, 12, 0, 0, 0, time.UTC))
		var rows []row
		for i := range 9 {
			rows = append(rows, row{ID: i + 1, Updated: "2025-05-01T00:00:00Z"}) // which no window parts
		}
		api := newShops().add("/orders", rows...)
		s := setup{definition: ordersByDay + `    errors: [{when: "{{ response.total > 4 }}", do: split}]` + "\n", workDir: memoryFolder(t), api: api}
		r := s.run(t)
		if r.err == nil || !strings.Contains(r.err.Error(), "the window is as short as requests can say") {
			t.Errorf("got %v", r.err)
		}
		if b := bookmarkOf(t, r.state(), "orders"); len(b.Resume) != 1 || len(b.Resume[0].Owed) != 1 {
			t.Errorf("state %s", r.state())
		}
	})
}

const ordersOfTwo = partitioned + `  - name: orders
    path: /{{ partition.account }}/orders
    params: {from: "{{ window.start }}"}
    add: {account: "{{ partition.account }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{name: account, values: [eu, us, uk]}]
`

// TestOwedOutlivesDefinitions proves that what is owed is read when the requests of
// the stream have changed, which may be what they were refused for.
func TestOwedOutlivesDefinitions(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/eu/orders", many(3, begin)...).add("/us/orders", many(3, begin)...).add("/uk/orders", many(3, begin)...)
		api.fails["/us/orders"] = 403
		s := setup{definition: ordersOfTwo, workDir: memoryFolder(t), api: api}
		r := s.run(t)
		if r.err == nil {
			t.Fatal("no error")
		}
		s.state = r.state()
		delete(api.fails, "/us/orders")
		s.definition = strings.Replace(ordersOfTwo, "params: {", "params: {role: admin, ", 1)
		if s.definition == ordersOfTwo {
			t.Fatal("the definition is the same")
		}
		time.Sleep(24 * time.Hour)
		r = s.must(t)
		us := len(ofUs(r))
		if b := bookmarkOf(t, r.state(), "orders"); b.Resume != nil || us < 3 {
			t.Errorf("%d records of us, state %s, log %s", us, r.state(), r.log)
		}
	})
}

// ofUs are the orders of us that came.
func ofUs(r result) []string {
	return slices.DeleteFunc(r.records("orders"), func(record string) bool { return !strings.Contains(record, `"us"`) })
}

// TestOwedWithoutWindow proves that a context which is owed is read from where it
// was to be read, too where numbers are counted and not time.
func TestOwedWithoutWindow(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/eu/orders", many(5, begin)...).add("/us/orders", many(3, begin)...).add("/uk/orders", many(3, begin)...)
		api.fails["/us/orders"] = 403
		numbered := strings.NewReplacer("replication_key: updated_at", "replication_key: id", `{start: "2025-05-01"}`, `{start: 0, format: integer, client_filter: true}`,
			"from: \"", "since: \"").Replace(ordersOfTwo)
		s := setup{definition: numbered, workDir: memoryFolder(t), api: api}
		for range 2 {
			r := s.run(t)
			if b := bookmarkOf(t, r.state(), "orders"); r.err == nil || string(b.Value) != "5" {
				t.Fatalf("error %v, state %s", r.err, r.state())
			}
			s.state = r.state()
			time.Sleep(24 * time.Hour)
		}
		delete(api.fails, "/us/orders")
		r := s.must(t)
		us := len(ofUs(r))
		if b := bookmarkOf(t, r.state(), "orders"); b.Resume != nil || us != 3 {
			t.Errorf("%d records of us, state %s, log %s", us, r.state(), r.log)
		}
	})
}

// TestOwed proves that one account which is refused for ever does not freeze the
// others, and that nothing of it is lost once it answers.
func TestOwed(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/eu/orders", many(3, begin)...).add("/us/orders", many(3, begin)...).add("/uk/orders", many(3, begin)...)
		api.fails["/us/orders"] = 403
		s := setup{definition: ordersOfTwo, workDir: memoryFolder(t), api: api}
		for day := range 3 {
			api.asked = nil
			r := s.run(t)
			if r.err == nil {
				t.Fatal("no error")
			}
			s.state = r.state()
			b := bookmarkOf(t, s.state, "orders")
			if len(b.Resume) != 1 || !b.Resume[0].Over || len(b.Resume[0].Owed) != 1 || string(b.Value) == "null" {
				t.Fatalf("day %d: state %s", day, s.state)
			}
			if day > 0 && (len(api.asked) > 5 || slices.ContainsFunc(api.asked, func(at string) bool { return strings.HasPrefix(at, "/eu/") && strings.Contains(at, "2025-05-01T00") })) {
				t.Errorf("day %d: asked %v", day, api.asked)
			}
			time.Sleep(24 * time.Hour)
			late := row{ID: 10 + day, Updated: begin.AddDate(0, 0, 9+day).Add(time.Hour).Format(time.RFC3339)}
			api.add("/eu/orders", late).add("/us/orders", late)
		}
		delete(api.fails, "/us/orders")
		api.asked = nil
		r := s.must(t)
		us := ofUs(r)
		if b := bookmarkOf(t, r.state(), "orders"); b.Resume != nil || len(us) < 6 {
			t.Errorf("state %s, records of us %v, asked %v", r.state(), us, api.asked)
		}
	})
}

// TestDiscoverRefused infers schemas although the API refuses what one parent
// has, and fails where it refuses all.
func TestDiscoverRefused(t *testing.T) {
	api := newShops().add("/accounts", row{ID: 1, Open: true}, row{ID: 2, Open: true}).
		add("/accounts/2/shops", row{ID: 7}, row{ID: 8}).
		add("/shops/8/orders", row{ID: 1, Account: "2"})
	api.fails["/accounts/1/shops"], api.fails["/shops/7/orders"] = 403, 403
	s := setup{definition: shopOrders, api: api}
	var logged bytes.Buffer
	all, err := tap.Discover(t.Context(), s.options(t, io.Discard, &logged))
	if err != nil || len(all) != 3 || !strings.Contains(string(all[2].Schema), `"shop"`) {
		t.Errorf("%v, %+v", err, all)
	}
	if !strings.Contains(logged.String(), "a part of the stream is refused") || !strings.Contains(logged.String(), "/accounts/1/shops") {
		t.Errorf("the log says %s", &logged)
	}
	api.fails["/accounts/2/shops"] = 403
	_, err = tap.Discover(t.Context(), s.options(t, io.Discard, io.Discard))
	var e *fetch.Error
	if !errors.As(err, &e) || e.Status != 403 {
		t.Errorf("all are refused: %v", err)
	}
}
