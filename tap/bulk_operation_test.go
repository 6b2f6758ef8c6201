package tap_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

// bulkStreams are streams over the lines of one bulk operation of GraphQL.
const bulkStreams = `defaults:
  schema: {type: object}
  primary_key: [id]
  export:
    submit:
      path: /graphql
      body:
        graphql:
          query: 'mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }") { bulkOperation { id } userErrors { message } } }'
    poll:
      path: /graphql
      every: 1ms
      body:
        graphql:
          query: 'query ($id: ID!) { node(id: $id) { ... on BulkOperation { status errorCode url } } }'
          variables: {id: "{{ job.data.bulkOperationRunQuery.bulkOperation.id }}"}
    done: "{{ response.data.node.status == 'COMPLETED' }}"
    failed: "{{ response.data.bulkOperationRunQuery.userErrors or response.data.node is none or response.data.node.status in ['FAILED', 'CANCELED', 'EXPIRED'] }}"
    links: data.node.url
streams:
  - {name: orders, decode: {format: jsonl, parent_id: __parentId}}
  - name: items
    decode: {format: jsonl, parent_id: __parentId, lines: children}
    keep: "{{ '/LineItem/' in record.id }}"
  - name: taxes
    decode: {format: jsonl, parent_id: __parentId, lines: children}
    keep: "{{ '/TaxLine/' in record.id }}"
    schema: {type: object, properties: {rate: {type: number}}}
  - name: fulfillments
    decode: {format: jsonl, parent_id: __parentId, lines: children}
    keep: "{{ '/Fulfillment/' in record.id }}"
`

// TestBulkOperation proves that streams over the kinds of lines of a bulk operation ask
// for one, download its file once, and that no line is in two of them or in none.
func TestBulkOperation(t *testing.T) {
	graphQL := func(n int, f apitest.Fault) apitest.Option { return apitest.OnPath("/graphql", n, f) }
	for _, tt := range []struct {
		name    string
		orders  int
		busy    bool // another one is under way for good
		faults  []apitest.Option
		jobs    int
		records [4]int
		err     string
	}{
		{name: "well", orders: 5, jobs: 1, records: [4]int{5, 8, 8, 4}},
		{name: "no line", orders: -1, jobs: 1},
		{name: "fails once", orders: 5, jobs: 2, records: [4]int{5, 8, 8, 4}, faults: []apitest.Option{graphQL(2, exports.FailJob("error"))}},
		{name: "forgotten once", orders: 5, jobs: 2, records: [4]int{5, 8, 8, 4}, faults: []apitest.Option{graphQL(2, exports.ForgetJob(404))}},
		{name: "user errors", busy: true, jobs: 1, err: "the API says that it has failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &exports.Server{Pending: 2, MaxJobs: 1, Files: func(exports.Job) []exports.File {
				if tt.orders < 0 {
					return nil
				}
				return []exports.File{exports.BulkFile(tt.orders)}
			}}
			api := apitest.New(append(tt.faults, apitest.Extended(e))...)
			if tt.busy {
				e.Pending = 1 << 30
				body := strings.NewReader(`{"query":"mutation { bulkOperationRunQuery }"}`)
				res, err := (&http.Client{Transport: api}).Post("http://api.test/graphql", "application/json", body)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
			}
			r := setup{definition: bulkStreams, api: api}.run(t)
			if tt.err == "" && r.err != nil || tt.err != "" && (r.err == nil || !strings.Contains(r.log+r.err.Error(), tt.err)) {
				t.Fatalf("got %v\n%s", r.err, r.log)
			}
			for i, name := range []string{"orders", "items", "taxes", "fulfillments"} {
				if got := len(r.records(name)); got != tt.records[i] {
					t.Errorf("%d records of %s, want %d", got, name, tt.records[i])
				}
			}
			if jobs := e.Jobs(); len(jobs) != tt.jobs || len(e.Repeated()) > 0 {
				t.Errorf("%d jobs, want %d; downloaded again %v\n%s", len(jobs), tt.jobs, e.Repeated(), r.log)
			}
		})
	}
}

// TestBulkOperationOfOneStream proves that a stream has all of its lines where the
// others over the job are not selected.
func TestBulkOperationOfOneStream(t *testing.T) {
	e := &exports.Server{Pending: 2, MaxJobs: 1, Files: func(exports.Job) []exports.File { return []exports.File{exports.BulkFile(5)} }}
	r := setup{definition: bulkStreams, api: apitest.New(apitest.Extended(e)), catalog: `{"streams": [
		{"tap_stream_id": "items", "stream": "items", "schema": {"type": "object"}, "key_properties": ["id"], "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}]}`}.must(t)
	if len(r.records("items")) != 8 || len(r.records("")) != 8 || len(e.Jobs()) != 1 || len(e.Downloads()) != 1 {
		t.Errorf("%d records, %d of items, %d jobs, %d downloads\n%s", len(r.records("")), len(r.records("items")), len(e.Jobs()), len(e.Downloads()), r.log)
	}
}
