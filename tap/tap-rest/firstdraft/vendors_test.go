package firstdraft

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// vendor answers as a known API does. It refuses parameters that it does not know, where
// strict names those that it does.
type vendor struct {
	strict []string
	answer func(v *vendor, q url.Values, r *http.Request) (body string, header http.Header)
	count  int
	n      int // rows
	row    func(i int) string
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	v.count++
	q := r.URL.Query()
	status, header, body := 200, http.Header{}, ""
	if r.Body != nil {
		text, _ := io.ReadAll(r.Body)
		gjson.ParseBytes(text).ForEach(func(k, value gjson.Result) bool { q.Set(k.Str, value.String()); return true })
	}
	for name := range q {
		if v.strict != nil && !slices.Contains(v.strict, name) {
			status, body = 400, fmt.Sprintf(`{"error":"unknown parameter %s"}`, name)
		}
	}
	if status == 200 {
		var h http.Header
		if body, h = v.answer(v, q, r); h != nil {
			header = h
		}
		if body == "" {
			status, body = 400, `{"error":"bad request"}`
		}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// rows are those from a place on, in JSON, and whether more follow.
func (v *vendor) rows(from, size int) (list string, more bool) {
	var all []string
	for i := max(from, 0); i < min(from+size, v.n); i++ {
		all = append(all, v.row(i))
	}
	return strings.Join(all, ","), from+size < v.n
}

func number(q url.Values, name string, absent int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil {
		return n
	}
	return absent
}

func updated(i int) string {
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 5 * time.Hour).Format(time.RFC3339)
}

func plainRow(i int) string {
	return fmt.Sprintf(`{"id":%d,"name":"n%d","updated_at":%q}`, i+1, i%7, updated(i))
}

func quoted(more bool, text string) string {
	if !more {
		return "null"
	}
	b, _ := json.Marshal(text)
	return string(b)
}

// TestInitVendors draws up definitions of APIs that answer as well-known ones do, and reads
// them out.
func TestInitVendors(t *testing.T) {
	tests := []struct {
		name   string
		vendor vendor
		line   string
		want   map[string]string
	}{
		{"Django REST framework", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			page := number(q, "page", 1)
			list, more := v.rows((page-1)*25, 25)
			return fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, v.n, quoted(more, fmt.Sprintf("https://api.test/orders/?page=%d", page+1)), list), nil
		}}, "https://api.test/orders/", map[string]string{"records": "results", "pagination": "{type: next_url, next: next, total: count}"}},
		{"Stripe", vendor{strict: []string{"limit", "starting_after", "created[gte]"}, row: func(i int) string {
			return fmt.Sprintf(`{"id":"ch_%04d","object":"charge","created":%d}`, i, 1700000000+i*3600)
		}, answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			from := 0
			if id, ok := strings.CutPrefix(q.Get("starting_after"), "ch_"); ok {
				n, _ := strconv.Atoi(id)
				from = n + 1
			}
			list, more := v.rows(from, min(number(q, "limit", 10), 100))
			return fmt.Sprintf(`{"object":"list","data":[%s],"has_more":%v,"url":"/v1/charges"}`, list, more), nil
		}}, "https://api.test/v1/charges?limit=10", map[string]string{"records": "data", "pagination": "{type: keyset, field: id, param: starting_after, more: has_more, size_param: limit, size: 100}"}},
		{"Slack", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			from := 0
			if c := q.Get("cursor"); c != "" {
				from = number(url.Values{"c": {strings.TrimPrefix(c, "dXNlcjp")}}, "c", -1)
			}
			list, more := v.rows(from, min(number(q, "limit", 20), 1000))
			next := ""
			if more {
				next = "dXNlcjp" + strconv.Itoa(from+min(number(q, "limit", 20), 1000))
			}
			return fmt.Sprintf(`{"ok":true,"members":[%s],"response_metadata":{"next_cursor":%q}}`, list, next), nil
		}}, "https://api.test/api/users.list?limit=20", map[string]string{"records": "members", "pagination": "{type: cursor, next: response_metadata.next_cursor, param: cursor, size_param: limit, size: 1000}"}},
		{"Jira", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			size := min(number(q, "maxResults", 50), 100)
			list, _ := v.rows(number(q, "startAt", 0), size)
			return fmt.Sprintf(`{"expand":"names","startAt":%d,"maxResults":%d,"total":%d,"issues":[%s]}`, number(q, "startAt", 0), size, v.n, list), nil
		}}, "https://api.test/rest/api/2/search?jql=project%3DX&maxResults=50", map[string]string{"records": "issues", "pagination": "{type: offset, param: startAt, total: total, size_param: maxResults, size: 100}"}},
		{"HubSpot", vendor{strict: []string{"limit", "after"}, answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			from, size := number(q, "after", 0), number(q, "limit", 10)
			if size > 100 {
				return "", nil
			}
			list, more := v.rows(from, size)
			paging := ""
			if more {
				paging = fmt.Sprintf(`,"paging":{"next":{"after":"%d","link":"https://api.test/crm/v3/objects/contacts?after=%d"}}`, from+size, from+size)
			}
			return fmt.Sprintf(`{"results":[%s]%s}`, list, paging), nil
		}}, "https://api.test/crm/v3/objects/contacts?limit=10", map[string]string{"records": "results", "pagination": "{type: next_url, next: paging.next.link}", "params": "{limit: 100}"}},
		{"OData", vendor{row: func(i int) string {
			return fmt.Sprintf(`{"@odata.etag":"W/\"%d\"","Id":"%08d","ModifiedOn":%q}`, i, i, updated(i))
		}, answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			from := number(q, "$skiptoken", 0)
			list, more := v.rows(from, 20)
			next := ""
			if more {
				next = fmt.Sprintf(`,"@odata.nextLink":"https://api.test/odata/Orders?$skiptoken=%d"`, from+20)
			}
			return fmt.Sprintf(`{"@odata.context":"https://api.test/odata/$metadata#Orders","value":[%s]%s}`, list, next), nil
		}}, "https://api.test/odata/Orders", map[string]string{"records": "value", "primary_key": "[Id]", "pagination": `{type: next_url, next: '\@odata\.nextLink'}`}},
		{"Spring, pages from 0", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			page, size := number(q, "page", 0), min(number(q, "size", 20), 200)
			list, more := v.rows(page*size, size)
			return fmt.Sprintf(`{"content":[%s],"pageable":{"pageNumber":%d},"totalElements":%d,"totalPages":%d,"last":%v,"number":%d}`, list, page, v.n, (v.n+size-1)/size, !more, page), nil
		}}, "https://api.test/orders?page=0&size=20", map[string]string{"records": "content", "pagination": `{type: page, param: page, start: 0, total: totalElements, more: "{{ not response.last }}", size_param: size, size: 1000}`}},
		{"WordPress", vendor{strict: []string{"page", "per_page", "modified_after"}, row: func(i int) string {
			return fmt.Sprintf(`{"id":%d,"slug":"s%d","modified":%q}`, 900-i, i, strings.TrimSuffix(updated(i), "Z"))
		}, answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			page, size := number(q, "page", 1), number(q, "per_page", 10)
			if size > 100 || (page-1)*size >= v.n {
				return "", nil
			}
			list, _ := v.rows((page-1)*size, size)
			return "[" + list + "]", http.Header{"X-Wp-Total": {strconv.Itoa(v.n)}, "X-Wp-Totalpages": {strconv.Itoa((v.n + size - 1) / size)}}
		}}, "https://api.test/wp-json/wp/v2/posts?per_page=10", map[string]string{"records": `"@this"`,
			"pagination": `{type: page, param: page, total: "header:X-Wp-Total", size_param: per_page, size: 100}`, "errors": "[{status: 400, do: end}]"}},
		{"Laravel", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			page := number(q, "page", 1)
			list, more := v.rows((page-1)*15, 15)
			return fmt.Sprintf(`{"data":[%s],"links":{"first":"https://api.test/orders?page=1","last":"https://api.test/orders?page=9","prev":null,"next":%s},"meta":{"current_page":%d,"last_page":%d,"per_page":15,"total":%d}}`,
				list, quoted(more, fmt.Sprintf("https://api.test/orders?page=%d", page+1)), page, (v.n+14)/15, v.n), nil
		}}, "https://api.test/orders", map[string]string{"records": "data", "pagination": "{type: next_url, next: links.next, total: meta.total}"}},
		{"Notion, a body", vendor{strict: []string{"page_size", "start_cursor"}, answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			from, size := 0, min(number(q, "page_size", 100), 100)
			if c := q.Get("start_cursor"); c != "" {
				from = number(url.Values{"c": {strings.TrimPrefix(c, "c-")}}, "c", -1)
			}
			list, more := v.rows(from, size)
			return fmt.Sprintf(`{"object":"list","results":[%s],"next_cursor":%s,"has_more":%v}`, list, quoted(more, fmt.Sprintf("c-%d", from+size)), more), nil
		}}, `curl https://api.test/v1/databases/d1/query --json '{"page_size": 20}' -H 'Notion-Version: 2022-06-28'`, map[string]string{"records": "results", "pagination": "{type: cursor, next: next_cursor, body: start_cursor, more: has_more}", "body": "{json: {page_size: 100}}"}},
		{"GitHub search", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			page, size := number(q, "page", 1), min(number(q, "per_page", 30), 100)
			list, more := v.rows((page-1)*size, size)
			h := http.Header{}
			if more {
				h.Set("Link", fmt.Sprintf(`<https://api.test/search/issues?q=x&per_page=%d&page=%d>; rel="next"`, size, page+1))
			}
			return fmt.Sprintf(`{"total_count":%d,"incomplete_results":false,"items":[%s]}`, v.n, list), h
		}}, "https://api.test/search/issues?q=x", map[string]string{"records": "items", "pagination": "{type: link_header, total: total_count}", "params": "{q: x, per_page: 100}"}},
		{"several lists", vendor{answer: func(v *vendor, q url.Values, r *http.Request) (string, http.Header) {
			list, _ := v.rows(0, v.n)
			return fmt.Sprintf(`{"errors":[],"included":[{"id":1},{"id":2}],"orders":[%s],"total":%d}`, list, v.n), nil
		}}, "https://api.test/orders", map[string]string{"records": "orders"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := &test.vendor
			v.n = 130
			if v.row == nil {
				v.row = plainRow
			}
			read := readURL
			if strings.HasPrefix(test.line, "curl") {
				read = readCurl
			}
			got := drafted(t, read, test.line, v)
			calls := v.count
			if calls > 8 {
				t.Errorf("%d calls, want 8 at most", calls)
			}
			says := streamOf(got.draft, got.draft.Root.Get("streams").([]any)[0].(interface{ Get(string) any }).Get("name").(string))
			for key, want := range test.want {
				if says[key] != want {
					t.Errorf("%s: %s, want %s", key, says[key], want)
				}
			}
			records, _, err := runOf(t, got.yaml, got.in, v)
			slices.Sort(records)
			if n := len(slices.Compact(records)); (err != nil || n != v.n) && !strings.Contains(got.said, "pagination") {
				t.Errorf("a run read %d records and nothing was said to be a guess: %v", n, err)
			} else if n != v.n {
				t.Logf("a run read %d records: %s", n, got.said)
			}
			if t.Failed() || testing.Verbose() {
				t.Logf("%d calls\n%s%s", calls, got.yaml, got.said)
			}
		})
	}
}
