package definition

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/document"
)

// TestInherit proves what a stream's keys are over those of defaults over those
// of the client.
func TestInherit(t *testing.T) {
	for _, tt := range []struct{ name, client, defaults, stream, want string }{
		{"nothing", `{}`, `{}`, `{}`, `{}`},
		{"of the client", `{timeout: 1s}`, `{}`, `{}`, `{"timeout":"1s"}`},
		{"of defaults", `{timeout: 1s}`, `{timeout: 2s}`, `{}`, `{"timeout":"2s"}`},
		{"its own", `{timeout: 1s}`, `{timeout: 2s}`, `{timeout: 3s}`, `{"timeout":"3s"}`},
		{"taken away", `{timeout: 1s}`, `{timeout: 2s}`, `{timeout: null}`, `{"timeout":null}`},
		{"taken away on the way", `{timeout: 1s}`, `{timeout: null}`, `{}`, `{"timeout":null}`},
		{"given again", `{timeout: 1s}`, `{timeout: null}`, `{timeout: 3s}`, `{"timeout":"3s"}`},
		{"no client", `null`, `null`, `{a: 1}`, `{"a":1}`},
		{"a client that is none", `[1]`, `x`, `{a: 1}`, `{"a":1}`},

		{"a list is replaced", `{}`, `{primary_key: [a, b]}`, `{primary_key: [c]}`, `{"primary_key":["c"]}`},
		{"an empty list too", `{}`, `{primary_key: [a, b]}`, `{primary_key: []}`, `{"primary_key":[]}`},
		{"a map is replaced", `{auth: {type: bearer, token: a}}`, `{}`, `{auth: {type: none}}`, `{"auth":{"type":"none"}}`},
		{"retry is replaced", `{retry: {attempts: 2, min_wait: 1s}}`, `{}`, `{retry: {attempts: 3}}`, `{"retry":{"attempts":3}}`},
		{"body is replaced", `{}`, `{body: {json: {a: 1}}}`, `{body: {form: {b: 2}}}`, `{"body":{"form":{"b":2}}}`},
		{"add is replaced", `{}`, `{add: {a: 1}}`, `{add: {b: 2}}`, `{"add":{"b":2}}`},

		{"parameters are joined", `{}`, `{params: {a: 1, b: 2}}`, `{params: {b: 3, c: 4}}`, `{"params":{"a":1,"b":3,"c":4}}`},
		{"parameters by their case", `{}`, `{params: {a: 1}}`, `{params: {A: 2}}`, `{"params":{"a":1,"A":2}}`},
		{"one parameter is taken away", `{}`, `{params: {a: 1, b: 2}}`, `{params: {a: null}}`, `{"params":{"a":null,"b":2}}`},
		{"all parameters are taken away", `{}`, `{params: {a: 1}}`, `{params: null}`, `{"params":null}`},
		{"no parameters add nothing", `{}`, `{params: {a: 1}}`, `{params: {}}`, `{"params":{"a":1}}`},
		{"headers whatever their case", `{headers: {X-Key: 1, Accept: a}}`, `{headers: {x-key: 2}}`, `{headers: {accept: b}}`, `{"headers":{"x-key":2,"accept":"b"}}`},
		{"headers of three", `{headers: {A: 1}}`, `{headers: {B: 2}}`, `{headers: {C: 3}}`, `{"headers":{"A":1,"B":2,"C":3}}`},
		{"headers that are none", `{headers: {A: 1}}`, `{}`, `{headers: [x]}`, `{"headers":["x"]}`},
		{"incremental is joined", `{}`, `{incremental: {start: a, settle: 1m}}`, `{incremental: {start: b}}`, `{"incremental":{"start":"b","settle":"1m"}}`},

		{"pagination of the same type", `{}`, `{pagination: {type: page, param: p}}`, `{pagination: {type: page, size: 5}}`, `{"pagination":{"type":"page","param":"p","size":5}}`},
		{"pagination without a type", `{}`, `{pagination: {type: page, param: p}}`, `{pagination: {size: 5}}`, `{"pagination":{"type":"page","param":"p","size":5}}`},
		{"pagination of another type", `{}`, `{pagination: {type: page, param: p}}`, `{pagination: {type: cursor, next: n}}`, `{"pagination":{"type":"cursor","next":"n"}}`},
		{"a type over none", `{}`, `{pagination: {max_pages: 3}}`, `{pagination: {type: cursor, next: n}}`, `{"pagination":{"type":"cursor","next":"n"}}`},
		{"no pagination", `{}`, `{pagination: {type: page}}`, `{pagination: null}`, `{"pagination":null}`},

		{"its own rules come first", `{errors: [{do: skip}]}`, `{errors: [{do: next}]}`, `{errors: [{do: fail}]}`, `{"errors":[{"do":"fail"},{"do":"next"},{"do":"skip"}]}`},
		{"no rules of its own", `{errors: [{do: skip}]}`, `{}`, `{errors: []}`, `{"errors":[{"do":"skip"}]}`},
		{"rules are taken away", `{errors: [{do: skip}]}`, `{errors: null}`, `{errors: [{do: fail}]}`, `{"errors":[{"do":"fail"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte("client: " + tt.client + "\ndefaults: " + tt.defaults + "\nstreams: [" + tt.stream + "]\n")
			doc := document.New("t.yaml", text)
			b := &builder{Document: doc, root: doc.Root(text)}
			before := string(b.root.AppendJSON(nil, false))
			if got := string(b.inherit(b.root.Get("streams").Items[0]).AppendJSON(nil, false)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if after := string(b.root.AppendJSON(nil, false)); after != before {
				t.Errorf("the file's own nodes changed: %s was %s", after, before)
			}
		})
	}
}
