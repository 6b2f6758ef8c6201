package exports

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// bulkID is how GraphQL names jobs.
const bulkID = "gid://shopify/BulkOperation/"

var bulkIDs = regexp.MustCompile(bulkID + `(\d+)`)

// bulkStatus says in GraphQL's words what state a job is in.
var bulkStatus = map[string]string{
	"pending": "CREATED", "running": "RUNNING", "ready": "COMPLETED",
	"error": "FAILED", "expired": "EXPIRED", "gone": "CANCELED",
}

// bulkQuery is the body of a request.
type bulkQuery struct {
	Query     string `json:"query"`
	Variables struct {
		ID string `json:"id"`
	} `json:"variables"`
}

// bulkOperation is all that GraphQL says of a job, whatever the query selects.
type bulkOperation struct {
	ID          string  `json:"id"`
	Status      string  `json:"status"`
	ErrorCode   *string `json:"errorCode"`
	ObjectCount string  `json:"objectCount"`
	FileSize    *string `json:"fileSize"`
	URL         *string `json:"url"`
	PartialURL  *string `json:"partialDataUrl"`
}

// bulk is a request about bulk operations.
type bulk struct {
	e *Server
	c *apitest.Call
}

// answerBulk answers POST /graphql. The query is not parsed: the name of a field in it
// says what is asked.
func (e *Server) answerBulk(c *apitest.Call) {
	var q bulkQuery
	if err := json.Unmarshal(c.Body(), &q); err != nil || q.Query == "" {
		c.Refuse(http.StatusBadRequest, "invalid_body", "the body has no query")
		return
	}
	b := bulk{e, c}
	has := func(field string) bool { return strings.Contains(q.Query, field) }
	switch {
	case has("bulkOperationRunQuery"):
		b.submit()
	case has("bulkOperationCancel"):
		b.cancel(b.job(q))
	case has("currentBulkOperation"):
		b.data("currentBulkOperation", b.look(e.target(c)))
	case has("bulkOperation"):
		b.data("bulkOperation", b.look(b.job(q)))
	case has("node"):
		b.data("node", b.look(b.job(q)))
	default:
		c.Answer(http.StatusOK, jsonType, marshal(refusedQuery("the query asks for nothing of bulk operations")))
	}
}

// refusedQuery is how GraphQL says that a query is wrong.
func refusedQuery(message string) any {
	type extensions struct {
		Code string `json:"code"`
	}
	type queryError struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	return map[string][]queryError{"errors": {{message, extensions{"INVALID_PARAMETER"}}}}
}

// job finds the job that a query names, in its variables or its text; nil for
// none.
func (b bulk) job(q bulkQuery) *job {
	m := bulkIDs.FindStringSubmatch(cmp.Or(q.Variables.ID, q.Query))
	if m == nil {
		return nil
	}
	return b.e.job("job-" + m[1])
}

func (b bulk) submit() {
	const busy = "A bulk query operation for this app and shop is already in progress."
	j := b.e.add(b.c.Body(), "")
	if j == nil {
		b.data("bulkOperationRunQuery", bulkChange{UserErrors: []bulkError{{nil, busy}}})
		return
	}
	b.data("bulkOperationRunQuery", bulkChange{newBulk(j, "CREATED"), []bulkError{}})
}

func (b bulk) cancel(j *job) {
	if j == nil || !b.e.drop(j) {
		none := bulkError{[]string{"id"}, "Bulk operation does not exist"}
		b.data("bulkOperationCancel", bulkChange{UserErrors: []bulkError{none}})
		return
	}
	b.data("bulkOperationCancel", bulkChange{newBulk(j, "CANCELING"), []bulkError{}})
}

// bulkChange answers a mutation.
type bulkChange struct {
	BulkOperation *bulkOperation `json:"bulkOperation"`
	UserErrors    []bulkError    `json:"userErrors"`
}

type bulkError struct {
	Field   []string `json:"field"`
	Message string   `json:"message"`
}

// data answers {"data":{name:v}}.
func (b bulk) data(name string, v any) {
	b.c.Answer(http.StatusOK, jsonType, marshal(map[string]any{"data": map[string]any{name: v}}))
}

func newBulk(j *job, status string) *bulkOperation {
	return &bulkOperation{ID: bulkID + strconv.Itoa(j.N), Status: status, ObjectCount: "0"}
}

// look counts a poll and returns what is known of the job; nil, which is null,
// for none and for one that [ForgetJob] struck.
func (b bulk) look(j *job) *bulkOperation {
	if j == nil {
		return nil
	}
	s := b.e.look(j)
	if s.gone != 0 && !s.deleted {
		return nil
	}
	o := newBulk(j, cmp.Or(bulkStatus[s.status], strings.ToUpper(s.status)))
	if s.status == "error" {
		o.ErrorCode = text("INTERNAL_SERVER_ERROR")
	}
	if files := b.e.served(j); s.status == "ready" && len(files) > 0 {
		o.ObjectCount = strconv.Itoa(files[0].Rows)
		o.FileSize = text(strconv.Itoa(len(files[0].Data)))
		o.URL = text(b.e.link(b.c, j.ID, 0))
	}
	return o
}

// text points to s, so that JSON has null where there is none.
func text(s string) *string { return &s }
