package ref

import (
	"strings"
	"testing"
)

// TestTwice proves that a key which stands twice with different values is
// found on the way of a path, and nowhere else.
func TestTwice(t *testing.T) {
	for _, test := range []struct{ body, path, want string }{
		{`{"next":null,"next":"1"}`, "next", "the answer has the key \"next\" twice, with different values: `null` and `\"1\"`"},
		{`{"next":"1","data":[],"next":"1","next":"2"}`, "next", "`\"1\"` and `\"2\"`"},
		{"\uFEFF {\"next\":1,\"n\\u0065xt\":2}", "next", "`1` and `2`"},
		{`{"meta":{"more":false,"x":1,"more":true}}`, "meta.more", `"more" twice, with different values: ` + "`false` and `true`"},
		{`{"meta":{"more":false},"meta":{"more":true}}`, "meta.more", `"meta" twice`},
		{`{"meta":{"more":false},"meta":null}`, "meta.more", `"meta" twice`},
		{`{"links":[{"next":1,"next":2}]}`, "links.0.next", `"next" twice`},
		{`{"@odata.nextLink":"a","@odata.nextLink":"b"}`, `@odata\.nextLink`, `"@odata.nextLink" twice`},
		{`{"@odata.nextLink":"a","@odata.nextLink":"b"}`, `\@odata\.nextLink`, `"@odata.nextLink" twice`},
		{`{"a":{"x":1},"a":{"x":2}}`, "a.x|@this", `"a" twice`},
		{`{"n":"` + strings.Repeat("x", 100) + `","n":1}`, "n", "x…` and `1`"},

		{`{"next":"1","next":"1"}`, "next", ""},
		{`{"next":"a/b","next":"a\/b"}`, "next", ""},
		{`{"meta":{"next":1},"meta":{"next":1}}`, "meta.next", ""},
		{`{"a":1,"a":2,"next":1,"meta":{"next":2}}`, "next", ""},
		{`{"data":[{"next":1,"next":2}],"next":1}`, "next", ""},
		{`{"next":{"a":1,"a":2}}`, "next", ""},
		{`{"next":1}`, "meta.next", ""},
		{`{"meta":"{\"next\":1,\"next\":2}"}`, "meta.next", ""},
		{`["next",1,"next",2]`, "next", ""},
		{`{"a":1,"a":2}`, "@this", ""},
		{`{"a":1,"a":2}`, "*", ""},
		{`"a"`, "a", ""},
		{``, "a", ""},
	} {
		got := ""
		if err := twice([]byte(test.body), test.path); err != nil {
			got = err.Error()
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s at %s: got %q, want %q", test.body, test.path, got, test.want)
		}
	}
}
