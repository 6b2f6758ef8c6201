package exports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

// graphQL asks for bulk operations.
func (c *exporter) graphQL(query, id string) string {
	c.t.Helper()
	body := fmt.Sprintf(`{"query":%q,"variables":{"id":%q}}`, query, id)
	return string(c.do(200, calls.Call{Method: "POST", URL: "/graphql", Body: body}).Body)
}

const (
	runBulk  = `mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }") { bulkOperation { id status } userErrors { field message } } }`
	askBulk  = `query($id: ID!) { node(id: $id) { ... on BulkOperation { id status url objectCount } } }`
	nowBulk  = `{ currentBulkOperation { id status url } }`
	stopBulk = `mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id } userErrors { field message } } }`
	firstGID = "gid://shopify/BulkOperation/1"
)

func TestBulkOperation(t *testing.T) {
	e := &exports.Server{
		Files:   func(exports.Job) []exports.File { return []exports.File{exports.BulkFile(5)} },
		Pending: 2, MaxJobs: 1,
	}
	c, _ := newExporter(t, e, apitest.OnPath("/graphql", 10, exports.FailJob("error")), apitest.OnPath("/graphql", 11, exports.ForgetJob(404)))
	expect := func(got string, parts ...string) {
		t.Helper()
		for _, want := range parts {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want it to have %s", got, want)
			}
		}
	}
	expect(c.graphQL(runBulk, ""), `{"data":{"bulkOperationRunQuery":{"bulkOperation":{"id":"`+firstGID+`","status":"CREATED"`, `"userErrors":[]`)
	expect(c.graphQL(runBulk, ""), `"bulkOperation":null,"userErrors":[{"field":null,"message":"A bulk query operation`)
	expect(c.graphQL(nowBulk, ""), `{"data":{"currentBulkOperation":{"id":"`+firstGID+`","status":"CREATED"`)
	expect(c.graphQL(askBulk, firstGID), `{"data":{"node":{"id":`, `"status":"RUNNING"`, `"url":null`)
	ready := c.graphQL(askBulk, firstGID)
	expect(ready, `"status":"COMPLETED"`, `"objectCount":"25"`)
	var answer struct {
		Data struct {
			Node struct{ URL, FileSize string }
		}
	}
	if err := json.Unmarshal([]byte(ready), &answer); err != nil {
		t.Fatal(err)
	}
	file := c.do(200, calls.Get(answer.Data.Node.URL))
	if got, want := answer.Data.Node.FileSize, fmt.Sprint(len(file.Body)); got != want {
		t.Errorf("got fileSize %s, want %s", got, want)
	}
	checkParents(t, file.Body)

	expect(c.graphQL(runBulk, ""), `"id":"gid://shopify/BulkOperation/2"`)
	expect(c.graphQL(stopBulk, "gid://shopify/BulkOperation/2"), `"status":"CANCELING"`)
	expect(c.graphQL(nowBulk, ""), `"status":"CANCELED"`)
	c.graphQL(runBulk, "")
	expect(c.graphQL(nowBulk, ""), `"status":"FAILED","errorCode":"INTERNAL_SERVER_ERROR"`)
	expect(c.graphQL(askBulk, "gid://shopify/BulkOperation/3"), `{"data":{"node":null}}`)
	expect(c.graphQL(`{ shop { name } }`, ""), `{"errors":[`)
	if js := e.Jobs(); len(js) != 3 || js[1].Deletes != 1 || js[0].Polls != 3 {
		t.Errorf("got %+v", js)
	}
}

// checkParents reads lines whose parents come before them.
func checkParents(t *testing.T, file []byte) {
	t.Helper()
	depths, kinds := map[string]int{}, map[string]int{}
	for line := range bytes.Lines(file) {
		var r struct {
			ID     string
			Parent string `json:"__parentId"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if r.Parent != "" && depths[r.Parent] == 0 || depths[r.ID] != 0 {
			t.Errorf("the parent of %s is not above it, or its id is twice there", line)
		}
		depths[r.ID] = depths[r.Parent] + 1
		kinds[fmt.Sprint(strings.Split(r.ID, "/")[3], " ", depths[r.ID])]++
	}
	want := "map[Fulfillment 2:4 LineItem 2:8 Order 1:5 TaxLine 3:8]"
	if got := fmt.Sprint(kinds); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
