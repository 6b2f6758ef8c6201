package fetch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestAdviseRecords: where the definition's place of records holds none, the
// error names the places that do.
func TestAdviseRecords(t *testing.T) {
	for _, tt := range []struct{ stream, body, want string }{
		{`path: /x`, `{"items":[{"id":1}]}`, "at items: write records: items"},
		{`path: /x`, `{"data":{"items":[{"id":1}]}}`, "at data.items: write records: data.items"},
		{`path: /x, records: dta`, `{"data":[{"id":1}],"meta":{"tags":[1,2],"links":[{"rel":"self"}]}}`, "arrays of objects at data, meta.links: write one of them, as records: data;"},
		{`path: /x`, `[{"id":1}]`, "write records: '@this'"},
		{`path: /x, records: [data, lines]`, `{"data":[{"rows":[{"id":1}]}],"other":{"rows":[{}]}}`, "arrays of objects at data, other.rows"},
		{`path: /x`, `{"a.b":[{"id":1}]}`, `write records: 'a\.b'`},
		{`path: /x`, `{"hunter2":[{"id":1}]}`, `write records: ***`},
		{`path: /x`, `{"a":{"b":{"c":{"d":[{}]}}}}`, "write records: a.b.c.d"},
		{`path: /x`, `{"a":{"b":{"c":{"d":{"e":[{}]}}}}}`, ""},
		{`path: /x`, `{"items":[],"names":["x"],"error":"none"}`, ""},
		{`path: /x, single: true`, `{"items":[{"id":1}]}`, ""},
	} {
		s := define(t, "", tt.stream)[0]
		e := failure(t, newRig(t, s, &script{answers: []answer{says(200, tt.body)}}, "token", "hunter2").run(s, paging.Position{}).err)
		has := strings.Contains(e.Error(), "of objects at ")
		if e.Class != fetch.Permanent || !strings.Contains(e.Error(), tt.want) || has != (tt.want != "") || !strings.Contains(e.Error(), "expected ") {
			t.Errorf("%s: got %v, want %q", tt.body, e, tt.want)
		}
	}
	for _, tt := range []struct{ records, body, want string }{
		{"orders.item", "<Orders><order><id>1</id></order><order><id>2</id></order></Orders>", "an array of objects at Orders.order: write records: Orders.order"},
		{"orders.item", "<Orders><list><order n='1'><id>1</id></order></list></Orders>", "an element that holds others at Orders.list.order: write records: Orders.list.order"},
		{"Orders.items.item", "<Orders><page>1</page><order><id>1</id></order><meta><n>1</n></meta></Orders>", "elements that hold others at Orders.order, Orders.meta: write one of them"},
		{"Orders.items.item", "<Orders><page>1</page></Orders>", "expected "},
	} {
		s := define(t, "", "path: /x, decode: xml, records: "+tt.records)[0]
		if e := failure(t, newRig(t, s, &script{answers: []answer{says(200, tt.body)}}).run(s, paging.Position{}).err); !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.body, e, tt.want)
		}
	}
	many := ""
	for i := range 9 {
		many += fmt.Sprintf(`"k%d":[{}],`, i)
	}
	s := define(t, "", `path: /x`)[0]
	e := failure(t, newRig(t, s, &script{answers: []answer{says(200, "{"+many+`"z":1}`)}}).run(s, paging.Position{}).err)
	if !strings.Contains(e.Error(), "at k0, k1, k2, k3: write") {
		t.Errorf("got %v", e)
	}
}
