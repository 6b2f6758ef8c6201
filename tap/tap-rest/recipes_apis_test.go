//go:build unix

package main_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// key is what tells the row apart in every API: a number, written so that text
// sorts as numbers do.
func (row recipeRow) key() string { return fmt.Sprintf("%07d", row.n) }

// param returns a parameter that must be a whole number.
func param(r *http.Request, name string, absent int) int {
	n, err := strconv.Atoi(cmp.Or(r.URL.Query().Get(name), strconv.Itoa(absent)))
	if err != nil {
		return -1
	}
	return n
}

// only reports whether a request has no parameters but these.
func only(r *http.Request, names ...string) bool {
	for name := range r.URL.Query() {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

func (api *recipeAPI) github(w http.ResponseWriter, r *http.Request) {
	since, err := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
	size, page := param(r, "per_page", 30), param(r, "page", 1)
	switch {
	case lacks(w, r, "Authorization", "Bearer s3cret"):
		return
	case r.URL.Path != "/repos/acme/shop/issues" || err != nil || size > 100 || r.URL.Query().Get("direction") != "desc":
		refuse(w, http.StatusUnprocessableEntity, r.URL.String())
		return
	}
	newest := slices.Clone(api.since(since))
	slices.Reverse(newest)
	rows, more := cut(newest, (page-1)*size, size)
	q := r.URL.Query()
	link := func(page int, rel string) string {
		q.Set("page", strconv.Itoa(page))
		return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, api.url, r.URL.Path, q.Encode(), rel)
	}
	if more {
		w.Header().Set("Link", link(page+1, "next")+", "+link((len(newest)+size-1)/size, "last"))
	} else if page > 1 {
		w.Header().Set("Link", link(page-1, "prev")+", "+link(1, "first"))
	}
	answerJSON(w, each(rows, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "title": "issue", "updated_at": row.at}
	}))
}

// stripe lists the newest first.
func (api *recipeAPI) stripe(w http.ResponseWriter, r *http.Request) {
	after, size := r.URL.Query().Get("starting_after"), param(r, "limit", 10)
	since := param(r, "created[gte]", -1)
	switch {
	case lacks(w, r, "Authorization", "Bearer s3cret"):
		return
	case r.URL.Path != "/v1/charges" || since < 0 || size > 100 || !only(r, "starting_after", "limit", "created[gte]"):
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	rows := slices.Clone(api.since(time.Unix(int64(since), 0)))
	slices.Reverse(rows)
	from := slices.IndexFunc(rows, func(row recipeRow) bool { return row.key() == after }) + 1
	page, more := cut(rows, from, size)
	answerJSON(w, map[string]any{"object": "list", "url": "/v1/charges", "has_more": more, "data": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "amount": row.n, "created": row.at.Unix()}
	})})
}

// hubspot has the cap of its searches, at 200 here.
func (api *recipeAPI) hubspot(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := gjson.ParseBytes(body)
	filters := q.Get("filterGroups.0.filters").Array()
	after := int(q.Get("after").Int())
	switch {
	case lacks(w, r, "Authorization", "Bearer s3cret"):
		return
	case r.Method != http.MethodPost || r.URL.Path != "/crm/v3/objects/contacts/search" || len(filters) != 2 || q.Get("limit").Int() > 200:
		refuse(w, http.StatusBadRequest, string(body))
		return
	case after >= 200:
		refuse(w, http.StatusBadRequest, "maximum value for after is 200")
		return
	}
	rows := slices.Clone(api.since(time.UnixMilli(filters[0].Get("value").Int())))
	rows = slices.DeleteFunc(rows, func(row recipeRow) bool { return int64(row.n) <= filters[1].Get("value").Int() })
	page, more := cut(rows, after, int(q.Get("limit").Int()))
	out := map[string]any{"total": len(rows), "results": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "properties": map[string]any{"email": "a@b.test", "lastmodifieddate": row.at}, "updatedAt": row.at}
	})}
	if more {
		out["paging"] = map[string]any{"next": map[string]any{"after": strconv.Itoa(after + len(page))}}
	}
	answerJSON(w, out)
}

func (api *recipeAPI) odata(w http.ResponseWriter, r *http.Request) {
	if lacks(w, r, "Authorization", "Bearer s3cret") {
		return
	}
	text, found := strings.CutPrefix(r.URL.Query().Get("$filter"), "modifiedon ge ")
	since, err := time.Parse(time.RFC3339, text)
	size, found2 := strings.CutPrefix(r.Header.Get("Prefer"), "odata.maxpagesize=")
	most, err2 := strconv.Atoi(size)
	if r.URL.Path != "/api/data/v9.2/accounts" || !found || !found2 || err != nil || err2 != nil || strings.Contains(r.URL.RawQuery, "+") {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	from := param(r, "$skiptoken", 0)
	page, more := cut(api.since(since), from, most)
	out := map[string]any{"@odata.context": api.url + "/$metadata#accounts", "value": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"accountid": row.key(), "name": "Acme", "modifiedon": row.at}
	})}
	if more {
		out["@odata.nextLink"] = fmt.Sprintf("%s%s?$filter=%s&$skiptoken=%d", api.url, r.URL.Path, url.PathEscape("modifiedon ge "+text), from+most)
	}
	answerJSON(w, out)
}

func (api *recipeAPI) graphql(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := gjson.ParseBytes(body)
	after := q.Get("variables.after")
	switch {
	case lacks(w, r, "Authorization", "Bearer s3cret"):
		return
	case r.Method != http.MethodPost || r.URL.Path != "/api/graphql" || after.Exists() && after.Type != gjson.String || !strings.Contains(q.Get("query").Str, "pageInfo"):
		answerJSON(w, map[string]any{"errors": []any{map[string]any{"message": string(body)}}})
		return
	}
	from, _ := strconv.Atoi(after.Str)
	page, more := cut(api.rows, from, int(q.Get("variables.first").Int()))
	answerJSON(w, map[string]any{"data": map[string]any{"orders": map[string]any{
		"nodes": each(page, func(row recipeRow) map[string]any {
			return map[string]any{"id": row.key(), "total": row.n, "updatedAt": row.at}
		}),
		"pageInfo": map[string]any{"endCursor": strconv.Itoa(from + len(page)), "hasNextPage": more},
	}}})
}

// graphqlItems has an order for each ten rows; the other nine are its items, of which
// the order itself has the first three.
func (api *recipeAPI) graphqlItems(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := gjson.GetBytes(body, "variables")
	if lacks(w, r, "Authorization", "Bearer s3cret") {
		return
	}
	connection := func(rows []recipeRow, from, size int, record func(recipeRow) map[string]any) map[string]any {
		page, more := cut(rows, from, size)
		return map[string]any{"nodes": each(page, record), "pageInfo": map[string]any{"endCursor": strconv.Itoa(from + len(page)), "hasNextPage": more}}
	}
	item := func(row recipeRow) map[string]any { return map[string]any{"id": row.key()} }
	itemsOf := func(order int) []recipeRow { return api.rows[order:min(order+9, len(api.rows))] }
	from, size := int(q.Get("after").Int()), int(q.Get("first").Int())
	if order := q.Get("order"); order.Exists() {
		n, _ := strconv.Atoi(order.Str)
		answerJSON(w, map[string]any{"data": map[string]any{"order": map[string]any{"items": connection(itemsOf(n), from, size, item)}}})
		return
	}
	var orders []recipeRow
	for i := 0; i < len(api.rows); i += 10 {
		orders = append(orders, api.rows[i])
	}
	answerJSON(w, map[string]any{"data": map[string]any{"orders": connection(orders, from, size, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "total": row.n, "items": connection(itemsOf(row.n), 0, 3, item)}
	})}})
}

// report has days, whose rows are those of an hour each.
func (api *recipeAPI) report(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.DateOnly, r.URL.Query().Get("from"))
	to, err2 := time.Parse(time.DateOnly, r.URL.Query().Get("to"))
	switch {
	case lacks(w, r, "X-Api-Key", "s3cret"):
		return
	case r.URL.Path != "/v2/reports/daily" || err != nil || err2 != nil || to.Before(from) || param(r, "limit", 0) != 500:
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	rows := slices.DeleteFunc(slices.Clone(api.since(from)), func(row recipeRow) bool { return !row.at.Before(to.AddDate(0, 0, 1)) })
	page, _ := cut(rows, param(r, "offset", 0), 500)
	answerJSON(w, map[string]any{"total_rows": len(rows), "rows": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"day": row.at.Format(time.DateOnly), "campaign": row.key(), "clicks": row.n}
	})})
}

func (api *recipeAPI) elastic(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := gjson.ParseBytes(body)
	since, err := time.Parse(time.RFC3339, q.Get("query.range.updated_at.gte").Str)
	after := q.Get("search_after")
	switch {
	case lacks(w, r, "Authorization", "ApiKey s3cret"):
		return
	case r.Method != http.MethodPost || r.URL.Path != "/orders/_search" || err != nil || after.Exists() && len(after.Array()) != 2:
		refuse(w, http.StatusBadRequest, string(body))
		return
	}
	rows := api.since(since)
	page, _ := cut(rows, slices.IndexFunc(rows, func(row recipeRow) bool { return row.key() == after.Get("1").Str })+1, int(q.Get("size").Int()))
	total := map[string]any{"value": len(rows), "relation": "eq"}
	if !q.Get("track_total_hits").Bool() && len(rows) > 1000 {
		total = map[string]any{"value": 1000, "relation": "gte"}
	}
	answerJSON(w, map[string]any{"took": 1, "timed_out": false, "hits": map[string]any{"total": total, "hits": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"_index": "orders", "_id": row.key(), "sort": []any{row.at.UnixMilli(), row.key()},
			"_source": map[string]any{"order_id": row.key(), "updated_at": row.at}}
	})}})
}

// shopify takes no parameters but two beside page_info.
func (api *recipeAPI) shopify(w http.ResponseWriter, r *http.Request) {
	info := r.URL.Query().Get("page_info")
	text, place, _ := strings.Cut(info, "/")
	text = cmp.Or(text, r.URL.Query().Get("updated_at_min"))
	since, err := time.Parse(time.RFC3339, text)
	size := param(r, "limit", 50)
	switch {
	case lacks(w, r, "X-Shopify-Access-Token", "s3cret"):
		return
	case r.URL.Path != "/admin/api/2024-10/orders.json" || err != nil || size > 250 || info != "" && !only(r, "page_info", "limit"):
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	from, _ := strconv.Atoi(place)
	page, more := cut(api.since(since), from, size)
	if more {
		next := url.Values{"limit": {strconv.Itoa(size)}, "page_info": {fmt.Sprintf("%s/%d", text, from+size)}}
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, api.url, r.URL.Path, next.Encode()))
	}
	answerJSON(w, map[string]any{"orders": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "updated_at": row.at}
	})})
}

func (api *recipeAPI) salesforce(w http.ResponseWriter, r *http.Request) {
	if lacks(w, r, "Authorization", "Bearer s3cret") {
		return
	}
	const path = "/services/data/v60.0/query"
	text, from := r.URL.Query().Get("q"), 0
	if locator, found := strings.CutPrefix(r.URL.Path, path+"/01g"); found {
		place, rest, _ := strings.Cut(locator, "-")
		text, from = rest, param(&http.Request{URL: &url.URL{RawQuery: "n=" + place}}, "n", -1)
	} else if _, text, found = strings.Cut(text, "SystemModstamp >= "); r.URL.Path != path || !found {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	text, _, _ = strings.Cut(text, " ")
	since, err := time.Parse(time.RFC3339, text)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	rows := api.since(since)
	page, more := cut(rows, from, 100)
	out := map[string]any{"totalSize": len(rows), "done": !more, "records": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"attributes": map[string]any{"type": "Account"}, "Id": row.key(), "Name": "Acme", "SystemModstamp": row.at}
	})}
	if more {
		out["nextRecordsUrl"] = fmt.Sprintf("%s/01g%d-%s", path, from+100, text)
	}
	answerJSON(w, out)
}

func (api *recipeAPI) zendesk(w http.ResponseWriter, r *http.Request) {
	since, from := param(r, "start_time", 0), 0
	user, password, _ := r.BasicAuth()
	if cursor := r.URL.Query().Get("cursor"); cursor != "" {
		if _, err := fmt.Sscanf(cursor, "%d-%d", &since, &from); err != nil {
			refuse(w, http.StatusBadRequest, cursor)
			return
		}
	}
	if user != "a@b.test/token" || password != "s3cret" || r.URL.Path != "/api/v2/incremental/tickets/cursor.json" ||
		r.URL.Query().Has("cursor") == r.URL.Query().Has("start_time") || since <= 0 {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	page, more := cut(api.since(time.Unix(int64(since), 0)), from, param(r, "per_page", 1000))
	answerJSON(w, map[string]any{"after_cursor": fmt.Sprintf("%d-%d", since, from+len(page)), "after_url": api.url, "end_of_stream": !more,
		"tickets": each(page, func(row recipeRow) map[string]any { return map[string]any{"id": row.key(), "updated_at": row.at} })})
}

func (api *recipeAPI) notion(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Size   int    `json:"page_size"`
		Cursor string `json:"start_cursor"`
		Filter struct {
			Time struct {
				From time.Time `json:"on_or_after"`
			} `json:"last_edited_time"`
		}
	}
	err := json.NewDecoder(r.Body).Decode(&q)
	switch {
	case lacks(w, r, "Authorization", "Bearer s3cret"):
		return
	case r.Method != http.MethodPost || r.URL.Path != "/v1/databases/d1/query" || err != nil || q.Size > 100 || q.Filter.Time.From.IsZero():
		refuse(w, http.StatusBadRequest, fmt.Sprint(err))
		return
	}
	from, _ := strconv.Atoi(q.Cursor)
	page, more := cut(api.since(q.Filter.Time.From), from, q.Size)
	out := map[string]any{"object": "list", "has_more": more, "next_cursor": nil, "results": each(page, func(row recipeRow) map[string]any {
		return map[string]any{"id": row.key(), "last_edited_time": row.at}
	})}
	if more {
		out["next_cursor"] = strconv.Itoa(from + q.Size)
	}
	answerJSON(w, out)
}
