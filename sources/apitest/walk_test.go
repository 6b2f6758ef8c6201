package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/testrig"
)

// envelope is all that answers may hold.
type envelope struct {
	Data     []json.RawMessage
	Meta     struct{ Total, Pages int }
	NextPage string `json:"next_page"`
	Next     string
	ScrollID string `json:"scroll_id"`
	HasMore  bool   `json:"has_more"`
}

// walker knows one style: it reads an answer's records and gives the call that
// follows, nil at the end.
type walker func(last calls.Call, r calls.Reply) (records []json.RawMessage, next *calls.Call, err error)

// walk reads a collection out.
func walk(t *testing.T, c *http.Client, first calls.Call, w walker) (ids []int) {
	t.Helper()
	in := &first
	for n := 0; in != nil; n++ {
		if n > 1000 {
			t.Fatal("the walk does not end")
		}
		r, err := calls.Do(c, *in)
		if err != nil {
			t.Fatalf("call %d, %s: %v", n, in.URL, err)
		}
		if r.Status != 200 {
			t.Fatalf("call %d, %s: status %d: %s", n, in.URL, r.Status, r.Body)
		}
		records, next, err := w(*in, r)
		if err != nil {
			t.Fatalf("call %d, %s: %v: %s", n, in.URL, err, r.Body)
		}
		for _, record := range records {
			var v struct{ ID int }
			if err := json.Unmarshal(record, &v); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, v.ID)
		}
		in = next
	}
	return ids
}

func withParam(in calls.Call, name, value string) *calls.Call {
	u, err := url.Parse(in.URL)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	in.URL = u.String()
	return &in
}

func decode(r calls.Reply) (e envelope, err error) {
	return e, json.Unmarshal(r.Body, &e)
}

func walkOnce(_ calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	return e.Data, nil, err
}

// walkCounting counts up a parameter until a page is empty.
func walkCounting(param string, start int, step func(records int) int) walker {
	at := start
	return func(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
		e, err := decode(r)
		if err != nil || len(e.Data) == 0 {
			return nil, nil, err
		}
		at += step(len(e.Data))
		return e.Data, withParam(last, param, strconv.Itoa(at)), nil
	}
}

func walkCursor(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || e.NextPage == "" {
		return e.Data, nil, err
	}
	return e.Data, withParam(last, "cursor", e.NextPage), nil
}

// walkJSONCursor sends the cursor in a JSON body.
func walkJSONCursor(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || e.NextPage == "" {
		return e.Data, nil, err
	}
	last.Body = fmt.Sprintf(`{"limit":10,"cursor":%q}`, e.NextPage)
	return e.Data, &last, nil
}

func walkFormCursor(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || e.NextPage == "" {
		return e.Data, nil, err
	}
	last.Body = url.Values{"limit": {"10"}, "cursor": {e.NextPage}}.Encode()
	return e.Data, &last, nil
}

func walkBareCursor(last calls.Call, r calls.Reply) (records []json.RawMessage, next *calls.Call, err error) {
	if err := json.Unmarshal(r.Body, &records); err != nil {
		return nil, nil, err
	}
	if token := r.Header.Get("X-Next-Page"); token != "" {
		next = withParam(last, "cursor", token)
	}
	return records, next, nil
}

func walkURL(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || e.Next == "" {
		return e.Data, nil, err
	}
	base, err := url.Parse(last.URL)
	if err != nil {
		return nil, nil, err
	}
	u, err := base.Parse(e.Next)
	if err != nil {
		return nil, nil, err
	}
	last.URL = u.String()
	return e.Data, &last, nil
}

var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

func walkLink(last calls.Call, r calls.Reply) (records []json.RawMessage, next *calls.Call, err error) {
	if err := json.Unmarshal(r.Body, &records); err != nil {
		return nil, nil, err
	}
	if m := nextLink.FindStringSubmatch(r.Header.Get("Link")); m != nil {
		last.URL = m[1]
		next = &last
	}
	return records, next, nil
}

func walkKeyset(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || len(e.Data) == 0 {
		return nil, nil, err
	}
	var v struct{ ID json.Number }
	if err := json.Unmarshal(e.Data[len(e.Data)-1], &v); err != nil {
		return nil, nil, err
	}
	return e.Data, withParam(last, "after", v.ID.String()), nil
}

func walkScroll(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	e, err := decode(r)
	if err != nil || len(e.Data) == 0 {
		return nil, nil, err
	}
	u, err := url.Parse(last.URL)
	if err != nil {
		return nil, nil, err
	}
	u.Path, u.RawQuery = "/scroll", ""
	body := fmt.Sprintf(`{"scroll_id":%q}`, e.ScrollID)
	return e.Data, &calls.Call{Method: "POST", URL: u.String(), Body: body}, nil
}

func walkGraphQL(last calls.Call, r calls.Reply) ([]json.RawMessage, *calls.Call, error) {
	var v struct {
		Data struct {
			Items struct {
				Nodes    []json.RawMessage
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
				TotalCount int
			}
		}
	}
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return nil, nil, err
	}
	items := v.Data.Items
	if items.TotalCount != 95 {
		return nil, nil, fmt.Errorf("totalCount %d", items.TotalCount)
	}
	if !items.PageInfo.HasNextPage {
		return items.Nodes, nil, nil
	}
	last.Body = fmt.Sprintf(`{"query":"{items}","variables":{"first":10,"after":%q}}`, items.PageInfo.EndCursor)
	return items.Nodes, &last, nil
}

func one(int) int        { return 1 }
func received(n int) int { return n }

// items is a collection of 95 records {"id":1}… in pages of 10.
func items(style apitest.Style, edit func(*apitest.Collection)) apitest.Collection {
	c := apitest.Collection{
		Path: "/items", Style: style, Size: 10, Total: true, Form: apitest.Form{HasMore: true},
		Made: apitest.Made{Count: 95, Record: func(i int) []byte { return fmt.Appendf(nil, `{"id":%d,"name":"item %d"}`, i+1, i+1) }},
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

var walks = []struct {
	name  string
	style apitest.Style
	edit  func(*apitest.Collection)
	first calls.Call // its url is the path
	walk  func() walker
	calls int
}{
	{name: "none", style: apitest.None, walk: func() walker { return walkOnce }, calls: 1},
	{name: "page", style: apitest.Page, walk: func() walker { return walkCounting("page", 1, one) }, calls: 11},
	{name: "offset", style: apitest.Offset, walk: func() walker { return walkCounting("offset", 0, received) }, calls: 11},
	{name: "cursor", style: apitest.Cursor, walk: func() walker { return walkCursor }, calls: 10},
	{
		name: "cursor with a session", style: apitest.Cursor, calls: 10,
		edit: func(c *apitest.Collection) { c.SessionTTL = 1 << 40 },
		walk: func() walker { return walkCursor },
	},
	{
		name: "cursor in JSON", style: apitest.Cursor, calls: 10,
		edit:  func(c *apitest.Collection) { c.Method = "POST"; c.Size = 50 },
		first: calls.Call{Method: "POST", Body: `{"limit":10,"cursor":null}`},
		walk:  func() walker { return walkJSONCursor },
	},
	{
		name: "cursor in a form", style: apitest.Cursor, calls: 10,
		edit: func(c *apitest.Collection) { c.Method = "POST"; c.Size = 50 },
		first: calls.Call{Method: "POST", Body: "limit=10", Header: http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"},
		}},
		walk: func() walker { return walkFormCursor },
	},
	{
		name: "bare cursor", style: apitest.Cursor, calls: 10,
		edit: func(c *apitest.Collection) { c.Form.Bare = true },
		walk: func() walker { return walkBareCursor },
	},
	{
		name: "shuffled cursor", style: apitest.Cursor, calls: 10,
		edit: func(c *apitest.Collection) { c.Quirks.Shuffle = true },
		walk: func() walker { return walkCursor },
	},
	{name: "next URL", style: apitest.NextURL, walk: func() walker { return walkURL }, calls: 10},
	{
		name: "relative next URL", style: apitest.NextURL, calls: 10,
		edit: func(c *apitest.Collection) { c.Form.Relative = true; c.Path = "/v1/items" },
		walk: func() walker { return walkURL },
	},
	{
		name: "link", style: apitest.Link, calls: 10,
		edit: func(c *apitest.Collection) { c.Form.Bare = true },
		walk: func() walker { return walkLink },
	},
	{name: "keyset", style: apitest.Keyset, walk: func() walker { return walkKeyset }, calls: 11},
	{name: "scroll", style: apitest.Scroll, walk: func() walker { return walkScroll }, calls: 11},
	{
		name: "GraphQL", style: apitest.GraphQL, calls: 10,
		first: calls.Call{Method: "POST", Body: `{"query":"{items}","variables":{"first":10}}`},
		walk:  func() walker { return walkGraphQL },
	},
}

// TestWalks reads every style out, over both transports: each record comes once.
func TestWalks(t *testing.T) {
	for _, tt := range walks {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func() *apitest.API { return apitest.New().Add(items(tt.style, tt.edit)) },
				func(t *testing.T, api *apitest.API, c *http.Client, base string) {
					first := tt.first
					first.URL = base + items(tt.style, tt.edit).Path
					if first.Method == "" {
						first.Method = "GET"
					}
					ids := walk(t, c, first, tt.walk())
					everyID(t, ids, 95)
					if got := api.Count(); got != tt.calls {
						t.Errorf("%d calls, want %d", got, tt.calls)
					}
				})
		})
	}
}

// everyID checks that ids has 1 to n, each once.
func everyID(t *testing.T, ids []int, n int) {
	t.Helper()
	times := make([]int, n+1)
	for _, id := range ids {
		if id < 1 || id > n {
			t.Fatalf("id %d, want 1 to %d", id, n)
		}
		times[id]++
	}
	for id := 1; id <= n; id++ {
		if times[id] != 1 {
			t.Errorf("id %d came %d times, want once", id, times[id])
		}
	}
}

// both runs a test without sockets and on loopback, each with an API of its own.
func both(t *testing.T, api func() *apitest.API, f func(t *testing.T, api *apitest.API, c *http.Client, base string)) {
	t.Run("RoundTrip", func(t *testing.T) {
		a := api()
		f(t, a, &http.Client{Transport: a, CheckRedirect: stay}, "http://shop.example")
	})
	t.Run("loopback", func(t *testing.T) {
		a := api()
		base := testrig.Serve(t, a)
		tr := &http.Transport{DisableCompression: true}
		defer tr.CloseIdleConnections()
		f(t, a, &http.Client{Transport: tr, CheckRedirect: stay}, base)
	})
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
