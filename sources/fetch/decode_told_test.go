package fetch_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// workbook is one of a sheet with rows of text.
func workbook(t *testing.T, rows ...string) string {
	sheet := "<worksheet><sheetData>"
	for _, row := range rows {
		sheet += "<row>"
		for cell := range strings.SplitSeq(row, ",") {
			sheet += `<c t="inlineStr"><is><t>` + cell + "</t></is></c>"
		}
		sheet += "</row>"
	}
	const (
		types = `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
		rels  = `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/></Relationships>`
		book  = `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`
	)
	return members(t, "zip", "[Content_Types].xml", types, "_rels/.rels", fmt.Sprintf(rels, "officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml", book, "xl/_rels/workbook.xml.rels", fmt.Sprintf(rels, "worksheet", "worksheets/sheet1.xml"),
		"xl/worksheets/sheet1.xml", sheet+"</sheetData></worksheet>")
}

// TestFilesTell proves that a file which was read, but likely not as it was meant, is
// told of at the end of the walk: with what was looked for, and what was there.
func TestFilesTell(t *testing.T) {
	const (
		parents  = "decode: {format: jsonl, parent_id: __parentId}"
		children = "decode: {format: jsonl, parent_id: __parentId, lines: children}"
		rows     = body.Max/1000 + 1 // of a thousand bytes and more: a file that is not in memory
		bulk     = "{\"id\":\"o1\",\"name\":\"x\"}\n{\"id\":\"l1\",\"__parent_id\":\"o1\"}\n"
	)
	note := strings.Repeat("a", 1000)
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
		{"a row of names again", "decode: csv", "id,note\n1,a\nid,note\n2,b\n", []string{"row 3 of the file holds nothing but the names", "was taken for a record: if it is no data, write keep: '{{ record[\"id\"] != \"id\" }}'"}},
		{"several rows of names", "decode: csv", "\"id\",note\r\n1,a\r\n\r\n\"id\",note\r\n2,b\r\nid,note\r\n", []string{"row 4 of the file and 1 more hold nothing"}},
		{"likewise, in a long file", "decode: csv", "id,note\n" + strings.Repeat("1,"+note+"\n", rows) + "id,note\n2,b\nid,note\n", []string{"row " + strconv.Itoa(rows+2) + " of the file and 1 more hold nothing"}},
		{"likewise, among rows of several lines", "decode: csv", "id,note\n" + strings.Repeat("1,\"a\n"+note+"\"\n", rows) + "id,note\n2,\"b\"\nid,note\n", []string{"row " + strconv.Itoa(rows+2) + " of the file and 1 more hold nothing"}},
		{"a value that is a name", "decode: csv", "id,note\nid,a\n2,note\n", nil},
		{"names that the file has, too", "decode: {format: csv, header: [id, note]}", "ID,Note\n1,a\n", []string{"decode.header gives the columns names, and the first row of the file holds them, too", "Write header: true, or skip_lines: 1"}},
		{"likewise, behind a line", "decode: {format: csv, header: [id, note], skip_lines: 1}", "report\nid,note\n1,a\n", []string{"skip_lines: 2"}},
		{"names that the file has again", "decode: {format: csv, header: [id, note], skip_lines: 1}", "id,note\n1,a\nid,note\n1,a\n", []string{"row 3 of the file holds nothing but the names"}},
		{"names of which the file has some", "decode: {format: csv, header: [id, note, total]}", "ID,Note,amount\n1,a,2\n", []string{"the first row of the file holds some of them (id, note)", "was taken for a record. Write header: true to use", "or skip_lines: 1 to keep"}},
		{"names of which a long file has some", "decode: {format: csv, header: [id, note, total]}", "id,note,amount\n" + strings.Repeat("1,"+note+",2\n", rows), []string{"holds some of them (id, note)"}},
		{"names of which a workbook has one of two", "decode: {format: xlsx, header: [id, note]}", workbook(t, "id,text", "1,a"), []string{"some of them (id)", "skip_rows: 1"}},
		{"one value of many that is a name", "decode: {format: csv, header: [id, kind, a, b, c]}", "1,Kind,2,3,4\n", nil},
		{"names that are values later", "decode: {format: csv, header: [id, note]}", "1,a\nid,x\n", nil},
		{"one object with a list", "decode: jsonl", "{\n \"count\": 2,\n \"data\": [{\"id\": 1}, {\"id\": 2}]\n}\n", []string{"takes the whole file for one record", "a list of objects at data: ", "write records: data"}},
		{"one object with a list further down", "decode: jsonl", `{"result":{"items":[{"id":1}]}}`, []string{"write records: result.items"}},
		{"one object with a list of numbers", "decode: jsonl", `{"id":1,"sizes":[1,2],"none":[]}`, nil},
		{"two objects with lists", "decode: jsonl", `{"id":1,"lines":[{"n":1}]}` + "\n" + `{"id":2,"lines":[{"n":1}]}`, nil},
		{"members of an archive, one of several objects", "decode: {format: jsonl, unpack: [zip]}", members(t, "zip", "a", `{"id":1,"lines":[{"n":1}]}`, "b", `{"id":2,"lines":[]}`+`{"id":3}`), nil},
		{"one line", "decode: csv", "Service is down", []string{"the file is one name, \"Service is down\", and no row"}},
		{"two names and no row", "decode: csv", "id,note\n", nil},
		{"names of a workbook", "decode: {format: xlsx, header: [id, note]}", workbook(t, "id,note", "1,a"), []string{"Write header: true, or skip_rows: 1"}},
		{"a row of names again in a workbook", "decode: xlsx", workbook(t, "id,note", "1,a", "id,note"), []string{"row 3 of the file holds nothing but the names"}},
		{"a long file", parents, strings.Repeat(strings.Replace(bulk, `"x"`, `"`+note+`"`, 1), rows), []string{"decode.parent_id"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.stream
			if !strings.Contains(text, "records:") {
				text += `, records: "@this"`
			}
			stream := define(t, "", "path: /file, "+text)[0]
			api := &script{answers: []answer{{200, tt.body, http.Header{}}}}
			dir := testrig.Folder(t)
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
