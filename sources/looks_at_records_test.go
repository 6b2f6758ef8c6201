package sources_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

func TestLooksAtRecords(t *testing.T) {
	for _, test := range []struct {
		name, stream, want string
	}{
		{"beside", `records: data, pagination: {type: cursor, next: meta.next, param: c, more: more, total: "meta.items.#"}`, ""},
		{"a header", `records: "@this", pagination: {type: cursor, next: "header:X-Next", param: c}`, ""},
		{"the body is the records", `records: "@this", pagination: {type: cursor, next: next, param: c}`, "pagination.next"},
		{"their count", `records: data, pagination: {type: page, param: p, total: "data.#"}`, "pagination.total"},
		{"one of them", `records: data.items, pagination: {type: cursor, next: data.items.0.id, param: c}`, "pagination.next"},
		{"their container", `records: data.items, pagination: {type: cursor, next: "{{ response.data }}", param: c}`, "pagination.next"},
		{"beside in their container", `records: data.items, pagination: {type: cursor, next: "{{ response.data.next }}", param: c}`, ""},
		{"a wildcard", `records: data, pagination: {type: cursor, next: "da*.next", param: c}`, "pagination.next"},
		{"a modifier", `records: data, pagination: {type: cursor, next: "@this.next", param: c}`, "pagination.next"},
		{"an escaped key", `records: '\@odata\.value', pagination: {type: cursor, next: '\@odata\.next', param: c}`, ""},
		{"the same index", `records: a.1, pagination: {type: cursor, next: a.01.x, param: c}`, "pagination.next"},
		{"another index", `records: a.1, pagination: {type: cursor, next: a.0.x, param: c}`, ""},
		{"stop", `records: data, pagination: {type: page, param: p, stop: "{{ response.data | length < 10 }}"}`, "pagination.stop"},
		{"the response whole", `records: data, keep: "{{ record.x in response }}"`, "keep"},
		{"a rule", `records: data, errors: [{when: "{{ response.error }}", do: retry}, {when: "{{ not response.data }}", do: retry}]`, "errors.1.when"},
		{"a message", `records: data, errors: [{when: "{{ response.error }}", do: fail, message: "{{ response }}"}]`, "errors.0.message"},
		{"add", `records: data, add: {x: "{{ response.meta.x }}", y: {z: ["{{ response.data.0.id }}"]}}`, "add.y"},
		{"lines", `records: [data, lines], add: {x: "{{ response.data.0 }}"}`, "add.x"},
		{"bookmark", `records: data, replication_key: t, incremental: {bookmark: data.0.token}`, "incremental.bookmark"},
		{"GraphQL", `records: data.orders, body: {graphql: {query: "{orders}"}}`, ""},
		{"GraphQL, all of it", `records: "@this", single: true, body: {graphql: {query: "{orders}"}}`, "body.graphql"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := definition.Parse("t.yaml", []byte("version: 1\nname: n\nclient: {base_url: http://x}\nstreams: [{name: s, path: /s, "+test.stream+"}]\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Streams[0].LooksAtRecords(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
