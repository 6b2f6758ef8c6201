package apitest

import "github.com/tap-rest/tap-rest/catalog/raw"

// problem is why a request gets no page: the status and the members of the
// JSON error that answers it.
type problem struct {
	status        int
	code, message string
}

func invalid(message string) *problem {
	return &problem{400, "invalid_parameter", message}
}

// refuse answers with p. GraphQL servers report what is wrong with a query
// under status 200.
func (x *exchange) refuse(p *problem) {
	if x.c != nil && x.c.Style == GraphQL && p.status == 400 {
		x.respond(200, jsonType, graphQLError(p))
		return
	}
	x.respond(p.status, jsonType, errorBody(p.code, p.message))
}

// errorBody returns {"error":{"code":…,"message":…}}.
func errorBody(code, message string) []byte {
	b := append([]byte(`{"error":{"code":`), raw.Quote(code)...)
	b = append(b, `,"message":`...)
	b = append(b, raw.Quote(message)...)
	return append(b, `}}`...)
}
