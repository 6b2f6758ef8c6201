package firstdraft

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// recorder writes down what goes through it, as a browser does.
type recorder struct {
	api     http.RoundTripper
	entries []map[string]any
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	var sent string
	if request.Body != nil {
		text, _ := io.ReadAll(request.Body)
		sent = string(text)
		request.Body = io.NopCloser(strings.NewReader(sent))
	}
	response, err := r.api.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	text, _ := io.ReadAll(response.Body)
	response.Body = io.NopCloser(strings.NewReader(string(text)))
	content := map[string]any{"mimeType": "application/json", "text": string(text)}
	if len(r.entries)%2 == 1 {
		content = map[string]any{"mimeType": "application/json", "text": base64.StdEncoding.EncodeToString(text), "encoding": "base64"}
	}
	entry := map[string]any{"method": request.Method, "url": request.URL.String(), "headers": pairs(request.Header, "X-Requested-With", "XMLHttpRequest", ":authority", "api.example.test")}
	if sent != "" {
		entry["postData"] = map[string]any{"mimeType": "application/json", "text": sent}
	}
	r.entries = append(r.entries, map[string]any{"request": entry,
		"response": map[string]any{"status": response.StatusCode, "headers": pairs(response.Header), "content": content}})
	return response, nil
}

func pairs(h http.Header, more ...string) (all []map[string]string) {
	for name, values := range h {
		for _, value := range values {
			all = append(all, map[string]string{"name": name, "value": value})
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		all = append(all, map[string]string{"name": more[i], "value": more[i+1]})
	}
	return all
}

func (r *recorder) har(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": r.entries}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// send makes one call, a POST where there is a body.
func (r *recorder) send(t *testing.T, address, body string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if _, err := r.RoundTrip(request); err != nil {
		t.Fatal(err)
	}
}

// get makes the calls that a page of a browser makes.
func (r *recorder) get(t *testing.T, urls ...string) {
	t.Helper()
	for _, url := range urls {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+secretToken)
		request.Header.Set("Cookie", "sid="+secretCookie)
		response, err := r.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
}

const (
	secretToken  = "tok-7f3a-secret-91c2"
	secretCookie = "cookie-secret-55aa1"
)

func TestInitHAR(t *testing.T) {
	const rows, at = 120, "http://api.example.test"
	orders := func(style apitest.Style, change func(c *apitest.Collection)) *apitest.API {
		c := apitest.Orders(rows)
		c.Style, c.Size, c.Max, c.Total, c.Form = style, 50, 100, false, apitest.Form{}
		change(&c)
		return apitest.New(apitest.RequireBearer(secretToken)).Add(c).Add(apitest.Shops())
	}
	same := func(*apitest.Collection) {}
	tests := []struct {
		name   string
		api    *apitest.API
		urls   []string
		paging string
	}{
		{"page", orders(apitest.Page, same), []string{"/orders?page=2&limit=20", "/orders?page=1&limit=20"}, "{type: page, param: page, size_param: limit, size: 20}"},
		{"page that the first call does not name", orders(apitest.Page, same), []string{"/orders", "/orders?page=2"}, "{type: page, param: page}"},
		{"offset", orders(apitest.Offset, same), []string{"/orders?offset=0", "/orders?offset=50"}, "{type: offset, param: offset, overlap: 1}"},
		{"link", orders(apitest.Link, same), []string{"/orders", "/orders?page=2"}, "{type: link_header}"},
		{"one page alone", orders(apitest.Page, same), []string{"/orders"}, "? {type: page, param: page}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &recorder{api: test.api}
			r.get(t, at+"/shops")
			for _, url := range test.urls {
				r.get(t, at+url)
			}
			r.get(t, at+"/nothing")
			before := test.api.Count()
			got := drafted(t, readHAR, r.har(t), nil)
			if n := test.api.Count(); n != before {
				t.Errorf("%d calls were made, want none", n-before)
			}
			if says := streamOf(got.draft, "orders"); says["pagination"] != test.paging || says["records"] != "data" || says["primary_key"] != "[id]" {
				t.Errorf("says %v\nwant pagination %s\n%s", says, test.paging, got.yaml)
			}
			for _, secret := range []string{secretToken, secretCookie} {
				if strings.Contains(string(got.yaml)+got.said, secret) {
					t.Errorf("the secret %s stands in\n%s%s", secret, got.yaml, got.said)
				}
			}
			records, _, err := runOf(t, got.yaml, got.in, test.api)
			slices.Sort(records)
			if want := map[bool]int{true: rows + 3, false: 53}[!strings.HasPrefix(test.paging, "?")]; err != nil || len(slices.Compact(records)) != want {
				t.Errorf("a run read %d records, want %d: %v\n%s", len(records), want, err, got.yaml)
			}
		})
	}
}

// TestInitHARCursor is a page that goes on by tokens.
func TestInitHARCursor(t *testing.T) {
	c := apitest.Orders(120)
	c.Size, c.Max = 50, 100
	api := apitest.New(apitest.RequireBearer(secretToken)).Add(c)
	yaml, in := cursorRecording(t, api)
	records, _, err := runOf(t, yaml, in, api)
	if err != nil || len(records) != 120 || !strings.Contains(string(yaml), "pagination: {type: cursor, next: next_page, param: cursor,") {
		t.Errorf("a run read %d records: %v\n%s", len(records), err, yaml)
	}
}

func cursorRecording(t *testing.T, api *apitest.API) ([]byte, *survey) {
	t.Helper()
	r := &recorder{api: api}
	r.get(t, "http://api.example.test/orders")
	content := r.entries[0]["response"].(map[string]any)["content"].(map[string]any)["text"].(string)
	var answer struct {
		NextPage string `json:"next_page"`
	}
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		t.Fatal(err)
	}
	r.get(t, "http://api.example.test/orders?cursor="+strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(answer.NextPage))
	got := drafted(t, readHAR, r.har(t), nil)
	return got.yaml, got.in
}

// TestInitHAROnePage: what says where a page begins does not hold a run to the one page that
// was recorded, and the question on how the API pages is right once the # is away.
func TestInitHAROnePage(t *testing.T) {
	const rows = 230
	orders := func(style apitest.Style, method string, total bool) apitest.Collection {
		c := apitest.Orders(rows)
		c.Style, c.Method, c.Size, c.Max, c.Total, c.Form, c.Filter = style, method, 50, 100, total, apitest.Form{}, apitest.Filter{}
		return c
	}
	tests := []struct {
		name       string
		collection apitest.Collection
		target     string
		body       string
		want       string
		params     string
	}{
		{"page", orders(apitest.Page, "", false), "/orders?page=1&limit=20", "", "? {type: page, param: page}", "{limit: 20}"},
		{"page from the middle", orders(apitest.Page, "", true), "/orders?page=3&limit=20", "", "? {type: page, param: page, total: meta.total}", "{limit: 20}"},
		{"page that has all", orders(apitest.Page, "", true), "/orders?page=1&limit=1000", "", "? {type: page, param: page, total: meta.total}", "{limit: 1000}"},
		{"offset", orders(apitest.Offset, "", false), "/orders?offset=40&limit=20", "", "? {type: offset, param: offset, overlap: 1}", "{limit: 20}"},
		{"offset in a body", orders(apitest.Offset, "POST", false), "/orders", `{"offset":40,"limit":20}`, "? {type: offset, body: offset, overlap: 1}", ""},
		{"key", orders(apitest.Keyset, "", false), "/orders?after=100&limit=20", "", "? {type: page, param: page}", "{limit: 20}"},
		{"a time that looks like a token by its name", orders(apitest.Page, "", false), "/orders?after=2024-01-01T00:00:00Z&page=1", "", "? {type: page, param: page}", `{after: "2024-01-01T00:00:00Z"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "page that has all" {
				test.collection.Max = 1000
			}
			api := apitest.New().Add(test.collection)
			r := &recorder{api: api}
			r.send(t, "http://api.example.test"+test.target, test.body)
			got := drafted(t, readHAR, r.har(t), nil)
			says := streamOf(got.draft, "orders")
			if says["pagination"] != test.want || says["params"] != test.params || strings.Contains(says["body"], "offset") {
				t.Errorf("pagination %s, params %s, body %s\nwant %s, %s in\n%s", says["pagination"], says["params"], says["body"], test.want, test.params, got.yaml)
			}
			if test.name == "key" { // the question is which way; that it pages is all that is known
				return
			}
			yaml := []byte(strings.Replace(string(got.yaml), "# pagination:", "pagination:", 1))
			yaml = []byte(strings.Replace(string(yaml), "# on_incomplete:", "on_incomplete:", 1))
			records, _, err := runOf(t, yaml, got.in, api)
			slices.Sort(records)
			if n := len(slices.Compact(records)); err != nil || n != rows {
				t.Errorf("a run read %d records: %v\n%s", n, err, yaml)
			}
		})
	}
}
