//go:build unix

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// bulkOperation names the one that is under way.
const bulkOperation = "gid://shopify/BulkOperation/1"

// shopifyBulk takes one bulk operation at a time, which is done at the second poll, and
// whose file lies on another host. Each third row is an order, and those behind it are
// its items.
func (api *recipeAPI) shopifyBulk(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/store/bulk.jsonl" {
		api.bulkLines(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	query := gjson.GetBytes(body, "query").Str
	switch {
	case lacks(w, r, "X-Shopify-Access-Token", "s3cret"):
	case r.Method != http.MethodPost || r.URL.Path != "/admin/api/2025-01/graphql.json":
		refuse(w, http.StatusBadRequest, r.URL.String())
	case strings.Contains(query, "bulkOperationRunQuery") && !api.polls.CompareAndSwap(0, 1):
		api.answerBulk(w, "bulkOperationRunQuery", map[string]any{"bulkOperation": nil, "userErrors": []any{map[string]any{"message": "already in progress"}}})
	case strings.Contains(query, "bulkOperationRunQuery"):
		api.answerBulk(w, "bulkOperationRunQuery", map[string]any{"bulkOperation": map[string]any{"id": bulkOperation}, "userErrors": []any{}})
	case gjson.GetBytes(body, "variables.id").Str != bulkOperation:
		api.answerBulk(w, "node", nil)
	case api.polls.Add(1) == 2:
		api.answerBulk(w, "node", map[string]any{"status": "RUNNING", "errorCode": nil, "url": nil})
	default:
		link := strings.Replace(api.url, "127.0.0.1", "localhost", 1) + "/store/bulk.jsonl?X-Goog-Expires=60&X-Goog-Signature=abcdefgh"
		api.answerBulk(w, "node", map[string]any{"status": "COMPLETED", "errorCode": nil, "url": link})
	}
}

func (api *recipeAPI) answerBulk(w http.ResponseWriter, name string, answer any) {
	answerJSON(w, map[string]any{"data": map[string]any{name: answer}})
}

// bulkLines is the file. Who has it may ask for another operation.
func (api *recipeAPI) bulkLines(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("X-Goog-Signature") == "" || r.Header.Get("X-Shopify-Access-Token") != "" || api.polls.Swap(0) == 0 {
		refuse(w, http.StatusForbidden, r.URL.String())
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	order := ""
	for i, row := range api.rows {
		if i%3 == 0 {
			order = "gid://shopify/Order/" + row.key()
			fmt.Fprintf(w, "{\"id\":%q,\"name\":\"#%d\"}\n", order, row.n)
			continue
		}
		fmt.Fprintf(w, "{\"id\":\"gid://shopify/LineItem/%s\",\"quantity\":%d,\"__parentId\":%q}\n", row.key(), row.n, order)
	}
}
