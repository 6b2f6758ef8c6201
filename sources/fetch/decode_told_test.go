package fetch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestFilesTell proves that a file which was read, but likely not as it was meant, is
// told of at the end of the walk: with what was looked for, and what was there.
func TestFilesTell(t *testing.T) {
	const (
		parents  = "decode: {format: jsonl, parent_id: __parentId}"
		children = "decode: {format: jsonl, parent_id: __parentId, lines: children}"
		bulk     = "{\"id\":\"o1\",\"name\":\"x\"}\n{\"id\":\"l1\",\"__parent_id\":\"o1\"}\n"
	)
	for _, tt := range []struct {
		name, stream, body string
		want               []string // in the one remark; none: nothing is told
	}{
		{"a field that no line has", parents, bulk, []string{"decode.parent_id", "__parentId", "no line", "id, name, __parent_id", `did you mean "__parent_id"?`}},
		{"likewise, of the children", children, bulk, []string{"decode.parent_id", "__parentId", `did you mean "__parent_id"?`}},
		{"a field of a secret", parents, `{"hunter2":1}`, []string{"has the fields ***"}},
		{"one line without a parent", parents, `{"id":"o1"}`, []string{"its line has the fields id"}},
		{"a field that one line has", parents, "{\"id\":\"o1\"}\n{\"id\":\"l1\",\"__parentId\":\"o1\"}\n", nil},
		{"a field that is null in all lines", children, "{\"id\":\"o1\",\"__parentId\":null}\n", nil},
		{"no line at all", children, "\n", nil},
		{"one member of an archive has it", "decode: {format: jsonl, parent_id: __parentId, unpack: [zip]}",
			members(t, "zip", "a", `{"id":1}`, "b", `{"id":2,"__parentId":1}`, "c", `{"id":3}`), nil},
		{"no element at the path of an XML document", "decode: xml, records: orders.ordr", "<orders><n>2</n><order><id>1</id></order><order><id>2</id></order></orders>",
			[]string{"records: orders.ordr is the path of no element", "are at orders.order: ", `did you mean "orders.order"?`}},
		{"another name, several deep", "decode: xml, records: r.list.row", "<r><a><b>1</b></a><list><item><id>1</id></item><item><id>2</id></item></list></r>",
			[]string{"are at r.list.item, r.a: if one of them"}},
		{"another name, once", "decode: xml, records: r.row", "<r><item><id>1</id></item></r>", []string{"are at r.item: "}},
		{"another name below another", "decode: xml, records: r.row", "<r><items><item><id>1</id></item></items></r>", []string{"are at r.items.item: "}},
		{"elements of attributes", "decode: xml, records: r.row", "<r><item id='1'/><item id='2'/></r>", []string{"are at r.item: "}},
		{"a secret name", "decode: xml, records: r.row", "<r><hunter2><id>1</id></hunter2></r>", []string{"are at r.***: "}},
		{"an element at the path", "decode: xml, records: r.row", "<r><row><id>1</id></row><item><id>1</id></item><item><id>2</id></item></r>", nil},
		{"nothing but counts beside", "decode: xml, records: r.row", "<r><n>0</n><link href='a'/><link href='b'/></r>", nil},
		{"one member of an XML archive has it", "decode: {format: xml, unpack: [zip]}, records: [\"@this\", r.row]",
			members(t, "zip", "a", "<r><item><id>1</id></item></r>", "b", "<r><row><id>1</id></row></r>"), nil},
		{"XML found out", "decode: auto, records: r.row", "<r><item><id>1</id></item></r>", []string{"are at r.item: "}},
		{"a long XML document", "decode: xml, records: r.row", "<r>" + strings.Repeat("<item><id>1</id></item>", 20_000) + "</r>", []string{"are at r.item: "}},
		{"a long file", parents, strings.Repeat(bulk, body.Max/40), []string{"decode.parent_id"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.stream
			if !strings.Contains(text, "records:") {
				text += `, records: "@this"`
			}
			stream := define(t, "", "path: /file, "+text)[0]
			api := &script{answers: []answer{{200, tt.body, http.Header{}}}}
			dir := memoryFolder(t)
			j := openJournal(t, dir)
			for _, what := range []string{"live", "recorded"} {
				w := newRig(t, stream, api, "token", "hunter2").walk(stream, paging.Position{})
				record(t, w, j).Only = what == "recorded"
				got := drain(t, w)
				if got.err != nil || len(got.last.Remarks) != min(1, len(tt.want)) {
					t.Fatalf("%s: got %+v and %v, want %q", what, got.last, got.err, tt.want)
				}
				for _, want := range tt.want {
					if !slices.ContainsFunc(got.last.Remarks, func(text string) bool { return strings.Contains(text, want) }) {
						t.Errorf("%s: got %q, want %q", what, got.last.Remarks, want)
					}
				}
				j = reopened(t, dir, j)
				if strings.Contains(tt.body, "hunter2") {
					break // it is not recorded
				}
			}
		})
	}
}
