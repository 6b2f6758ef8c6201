package apitest

import (
	"bytes"
	"encoding/json"
)

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
	b := append([]byte(`{"error":{"code":`), quote(code)...)
	b = append(b, `,"message":`...)
	b = append(b, quote(message)...)
	return append(b, `}}`...)
}

// quote returns s as a JSON string, with <, > and & as they are.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // strings always encode
	return bytes.TrimRight(b.Bytes(), "\n")
}
