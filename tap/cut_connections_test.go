package tap_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/testrig"
)

// shop is a GraphQL API with three pages of two orders each, whose items are a
// connection within them. The items of the orders 3 and 4 are cut.
type shop struct {
	items  func(id int) string // of an order
	killed int                 // the page that nothing is answered to; 0: none
	mu     sync.Mutex
	asked  []string
}

func cutItems(id int) string {
	return fmt.Sprintf(`{"nodes":[{"sku":"a"}],"pageInfo":{"hasNextPage" : %t,"endCursor":"x"}}`, id == 3 || id == 4)
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	q := gjson.ParseBytes(body)
	if order := q.Get("variables.order"); order.Exists() {
		s.mu.Lock()
		s.asked = append(s.asked, order.String())
		s.mu.Unlock()
		return testrig.JSON(r, 200, `{"data":{"order":{"items":{"nodes":[{"sku":"a"},{"sku":"b"}],"pageInfo":{"hasNextPage":false,"endCursor":"b"}}}}}`), nil
	}
	page := 1
	if after := q.Get("variables.after"); after.Exists() {
		page = int(after.Int())
	}
	if page == s.killed {
		return testrig.JSON(r, 403, `{}`), nil
	}
	var nodes []string
	for id := 2*page - 1; id <= 2*page; id++ {
		nodes = append(nodes, fmt.Sprintf(`{"id":%d,"updatedAt":"2025-05-1%dT00:00:00Z","items":%s}`, id, id, s.items(id)))
	}
	return testrig.JSON(r, 200, fmt.Sprintf(`{"data":{"orders":{"nodes":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":"%d"}}}}`,
		strings.Join(nodes, ","), page < 3, page+1)), nil
}

const cutOrders = `streams:
  - name: orders
    path: /graphql
    body: {graphql: {query: "query($first: Int, $after: String) {orders(first: $first, after: $after) {nodes {id items(first: 1) {nodes {sku} pageInfo {hasNextPage endCursor}}} pageInfo {hasNextPage endCursor}}}"}}
    records: data.orders.nodes
    primary_key: [id]
    schema: {type: object}
    pagination: {type: relay, connection: data.orders, size: 2}
`

const cutOrderItems = `  - name: items
    path: /graphql
    body: {graphql: {query: "query($order: ID, $first: Int, $after: String) {order(id: $order) {items(first: $first, after: $after) {nodes {sku} pageInfo {hasNextPage endCursor}}}}", variables: {order: "{{ partition.order }}"}}}
    records: data.order.items.nodes
    schema: {type: object}
    pagination: {type: relay, connection: data.order.items, size: 2}
    partition_by: {parent: orders, keys: {order: id}, when: "{{ record.items.pageInfo.hasNextPage }}"}
`

const shopDoubt = "the stream is not complete: records hold lists that the API has cut"

// TestCutConnection: a connection within records that has more than came is told of,
// once, with what completes it.
func TestCutConnection(t *testing.T) {
	r := setup{definition: cutOrders, api: &shop{items: cutItems}}.must(t)
	if got := len(r.records("orders")); got != 6 {
		t.Errorf("%d records came, want 6", got)
	}
	if got := r.account.Streams[0].Status(); got != "complete?" {
		t.Errorf("the stream is %s, want complete?", got)
	}
	if got := strings.Count(r.log, shopDoubt); got != 1 {
		t.Errorf("the log says %d times that records are cut, want once:\n%s", got, r.log)
	}
	for _, want := range []string{
		"key=items.pageInfo.hasNextPage", `value="true in 2 records (the first: id=3)"`,
		`partition_by: {parent: orders, keys: {id: id}, when: \"{{ record.items.pageInfo.hasNextPage }}\"}`,
	} {
		if !strings.Contains(r.log, want) {
			t.Errorf("the log does not say %s:\n%s", want, r.log)
		}
	}
	if want := "is it complete? items.pageInfo.hasNextPage is true in 2 records (the first: id=3)"; !strings.Contains(r.account.String(), want) {
		t.Errorf("the account does not say %q:\n%s", want, r.account)
	}
}

// TestCutConnectionIsCompleted: a stream that reads the rest is the remedy. It is read
// for the records that were cut alone.
func TestCutConnectionIsCompleted(t *testing.T) {
	api := &shop{items: cutItems}
	r := setup{definition: cutOrders + cutOrderItems, api: api}.must(t)
	if strings.Contains(r.log, "level=WARN") {
		t.Errorf("the log warns:\n%s", r.log)
	}
	if got := strings.Join(api.asked, " "); got != "3 4" && got != "4 3" {
		t.Errorf("items were asked for of the orders %s, want 3 and 4", got)
	}
	if got := len(r.records("items")); got != 4 {
		t.Errorf("%d items came, want 4", got)
	}
}

func TestNoCutConnection(t *testing.T) {
	const rest = "streams:\n  - {name: orders, path: /rest, method: POST, body: {json: {a: 1}}, records: data.orders.nodes, schema: {type: object}, pagination: {type: cursor, next: data.orders.pageInfo.endCursor, more: data.orders.pageInfo.hasNextPage, body: variables.after}}\n"
	for _, tt := range []struct {
		name, definition, items string
	}{
		{"whole", cutOrders, `{"nodes":[],"pageInfo":{"hasNextPage":false}}`},
		{"another member of that name", cutOrders, `{"hasNextPage":true,"page":{"hasNextPage":true}}`},
		{"text", cutOrders, `{"pageInfo":{"hasNextPage":"true"},"text":"\"hasNextPage\":true"}`},
		{"no GraphQL", rest, `{"pageInfo":{"hasNextPage":true}}`},
		{"not kept", cutOrders + "    keep: \"{{ record.id > 9 }}\"\n", `{"pageInfo":{"hasNextPage":true}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: tt.definition, api: &shop{items: func(int) string { return tt.items }}}.must(t)
			if strings.Contains(r.log, shopDoubt) || r.account.Streams[0].Status() != "complete" {
				t.Errorf("the stream is %s:\n%s", r.account.Streams[0].Status(), r.log)
			}
		})
	}
}

// TestCutLists: lists within records beside which OData or SOQL names a next page are
// told of like connections, unless a stream reads them.
func TestCutLists(t *testing.T) {
	const (
		odata = `{name: orders, path: /o, records: value, primary_key: [id], schema: {type: object}, pagination: {type: next_url, next: '\@odata\.nextLink'}}`
		soql  = `{name: orders, path: /o, records: value, primary_key: [id], schema: {type: object}, pagination: {type: next_url, next: nextRecordsUrl}}`
		items = `{name: items, path: "/o/{{ partition.order }}", records: value, schema: {type: object}, partition_by: {parent: orders, keys: {order: id}}}`
	)
	for _, tt := range []struct{ name, streams, record, key, advice string }{
		{"of OData", odata, `"lines":[{"n":1}],"lines@odata.nextLink":"http://api.test/more"`, "lines@odata.nextLink is there in 1 record (the first: id=7)",
			`partition_by: {parent: orders, keys: {id: id}, when: "{{ record['lines@odata.nextLink'] }}"} and pagination: {type: next_url, …}`},
		{"of OData 2", odata, `"lines":{"results":[{"n":1}],"__next":"http://api.test/more"}`, "lines.__next is there", `when: "{{ record['lines']['__next'] }}"`},
		{"deep in OData", odata, `"lines":[{"n":1,"taxes":[1],"taxes@odata.nextLink":"x"}]`, "lines.#.taxes@odata.nextLink is there", `keys: {id: id}} and`},
		{"of SOQL", soql, `"Lines":{"totalSize":9,"done":false,"nextRecordsUrl":"/more","records":[{"n":1}]}`, "Lines.nextRecordsUrl is there", `when: "{{ record['Lines']['nextRecordsUrl'] }}"`},
		{"whole", odata, `"lines":[{"n":1}],"lines@odata.nextLink":null,"text":"lines@odata.nextLink"`, "", ""},
		{"a field of a record", soql, `"nextRecordsUrl":"/of/the/record"`, "", ""},
		{"no OData", `{name: orders, path: /o, records: value, primary_key: [id], schema: {type: object}}`, `"lines@odata.nextLink":"http://api.test/more"`, "", ""},
		{"read by another stream", odata + "\n  - " + items, `"lines@odata.nextLink":"http://api.test/more"`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := testrig.API(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/o" {
					return testrig.JSON(r, 200, `{"value":[]}`), nil
				}
				return testrig.JSON(r, 200, `{"value":[{"id":7,`+tt.record+`}]}`), nil
			})
			r := setup{definition: "streams:\n  - " + tt.streams + "\n", api: api}.must(t)
			account := r.account.String()
			if doubted := strings.Contains(account, "is it complete?"); doubted != (tt.key != "") || !strings.Contains(account, tt.key) || !strings.Contains(account, tt.advice) {
				t.Errorf("the account has to say %q with %q:\n%s", tt.key, tt.advice, account)
			}
		})
	}
}

func TestCutConnectionsDeepInRecords(t *testing.T) {
	items := func(int) string {
		return `{"edges":[{"node":{"taxes":{"pageInfo":{"hasNextPage":false}}}},{"node":{"taxes":{"pageInfo":{"hasNextPage":true}},"fees":{"pageInfo":{"hasNextPage":true}}}}]}`
	}
	r := setup{definition: cutOrders, api: &shop{items: items}}.must(t)
	for _, want := range []string{
		`key="items.edges.#.node.taxes.pageInfo.hasNextPage, items.edges.#.node.fees.pageInfo.hasNextPage"`, "true in 6 records (the first: id=1)", "keys: {id: id}} and",
	} {
		if !strings.Contains(r.log, want) {
			t.Errorf("the log does not say %s:\n%s", want, r.log)
		}
	}
}

// TestCutConnectionAfterKill: a run that goes on counts its own records, and a page
// that on_incomplete refused is refused again.
func TestCutConnectionAfterKill(t *testing.T) {
	api := &shop{items: cutItems, killed: 3}
	cut := func(id int) string { return cutItems(3) }
	for _, tt := range []struct {
		name string
		then func(int) string
		says string
	}{
		{"nothing is cut any more", func(int) string { return `{}` }, ""},
		{"two records are cut", cut, "true in 2 records (the first: id=5)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api.killed, api.items = 3, cutItems
			dir := t.TempDir()
			r := setup{definition: cutOrders, api: api, workDir: dir}.run(t)
			checkFailure(t, r.err, "permanent")
			api.killed, api.items = 0, tt.then
			r = setup{definition: cutOrders, api: api, workDir: dir, state: r.state()}.must(t)
			if got := len(r.records("orders")); got != 2 {
				t.Errorf("%d records came, want those of the last page", got)
			}
			if got := strings.Contains(r.log, shopDoubt); got != (tt.says != "") || !strings.Contains(r.log, tt.says) {
				t.Errorf("the log does not say %q:\n%s", tt.says, r.log)
			}
		})
	}
}

func TestCutConnectionFails(t *testing.T) {
	failing := cutOrders + "    on_incomplete: fail\n"
	dir, api := t.TempDir(), &shop{items: cutItems}
	r := setup{definition: failing, api: api, workDir: dir}.run(t)
	for range 2 { // a run that goes on fails, too
		checkFailure(t, r.err, "permanent")
		if want := "records hold less than there is: items.pageInfo.hasNextPage is true in 2 records (the first: id=3)"; !strings.Contains(r.err.Error(), want) {
			t.Errorf("%v, want %q", r.err, want)
		}
		r = setup{definition: failing, api: api, workDir: dir, state: r.state()}.run(t)
	}
	r = setup{definition: failing + cutOrderItems, api: api, workDir: dir, state: r.state()}.must(t)
	if got := len(r.records("orders")); got != 4 {
		t.Errorf("%d records came with a stream that completes them, want the 4 that were refused, and those behind", got)
	}
}

// TestCutConnectionKeepsBookmark: a record that is not whole never lies behind the bookmark,
// in streams that promise an order, too.
func TestCutConnectionKeepsBookmark(t *testing.T) {
	const since = `{"bookmarks":{"orders":{"replication_key":"updatedAt","replication_key_value":"2025-05-10T00:00:00Z"}}}`
	for keys, want := range map[string]string{"": `"2025-05-12T00:00:00Z"`, "    on_incomplete: warn\n": `"2025-05-16T00:00:00Z"`} {
		definition := strings.Replace(cutOrders, "query: \"", "variables: {from: \"{{ window.start }}\"}, query: \"", 1) +
			"    replication_key: updatedAt\n    incremental: {start: \"2025-01-01\", sorted: true}\n" + keys
		r := setup{definition: definition, api: &shop{items: cutItems}, state: since}.must(t)
		if got := string(bookmarkOf(t, r.state(), "orders").Value); got != want {
			t.Errorf("%q: the bookmark is %s, want %s", keys, got, want)
		}
	}
}
