package schema_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// FuzzPage holds the scan against the proof of a whole body, and gjson.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		"\t{ \"data\" : [{\"a\":-0.5e+10 , \"b\":[true,false,null]}],\r\n \"last\":\"\\u00e9\\ud800 é€😀\" }\n", `{"data":[{"a":1}]}`, `{"a":{"x":1},"a":{"b":[{}]}}`, `[[{}],[{"n":1}]]`, `{"data":[{"lines":[{}]},{"lines":null}]}`,
		"\xef\xbb\xbf[]", `{"d\u0061ta":[]}`, `{"data":{"k":{"id":1,"b":2}}}`, `{"data":[[1,2],[3,4]]}`, `{"data":{"lines":{"x":{}}}}`, `"\ud800\udc00"`,
	} {
		for _, path := range []string{"data", "@this", "a.b", "data.#.lines|@flatten", "data.@values", "1", `d\ata`, "data.@fromstr"} {
			f.Add([]byte(seed), path)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		ok := scan.Prove(body) == nil
		for _, p := range []schema.RecordPath{
			pageAt(path), pageAt("data", path), pageAt(path, "lines"), {Steps: []string{path}, Single: true}, {Steps: []string{path}, Keyed: "id"},
			{Steps: []string{path}, Columns: []string{"a", "b"}}, {Steps: []string{"data"}, ColumnsPath: path}, {Steps: []string{path}, MissingIsEmpty: true},
		} {
			fuzzScan(t, p, body, ok)
		}
	})
}

func fuzzScan(t *testing.T, path schema.RecordPath, body []byte, ok bool) {
	scanner, err := schema.NewPageScanner(path)
	if err != nil {
		return
	}
	var page schema.Page
	err = scanner.Scan(body, &page)
	if errors.Is(err, schema.ErrMany) {
		return
	}
	if records, parents := texts(&page); len(records) < 1_000 {
		checkMany(t, scanner, body, records, parents, err)
	}
	if err != nil {
		fault := err.(*scan.BodyError)
		unread := fault.Path == "" // it was the body that could not be read
		if unread == ok {
			t.Fatalf("%+v: Scan says %v, Prove says %v", path, err, ok)
		}
		if fault.Offset < 0 || fault.Offset > int64(len(body)) {
			t.Fatalf("%+v: offset %d of %d", path, fault.Offset, len(body))
		}
		return
	}
	if !ok {
		t.Fatalf("%+v: Scan takes what Prove refuses", path)
	}
	for i := range page.Records {
		if record := page.Record(i); scan.Prove(record) != nil || record[0] != '{' {
			t.Fatalf("%+v: record %q", path, record)
		}
		if parent := page.Parent(i); (parent != nil) != (len(path.Steps) > 1) || parent != nil && scan.Prove(parent) != nil {
			t.Fatalf("%+v: parent %q", path, parent)
		}
	}
	if len(path.Steps) == 1 && !path.Single && path.Keyed == "" && path.Columns == nil && !path.MissingIsEmpty {
		fuzzAgainstGJSON(t, path, body, &page)
	}
}

// texts are the records of a page, and their parents.
func texts(page *schema.Page) (records, parents []string) {
	for i := range page.Records {
		records = append(records, string(page.Record(i)))
		parents = append(parents, string(page.Parent(i)))
	}
	return records, parents
}

// fuzzAgainstGJSON checks that the records are the elements of what gjson
// finds at the path, where gjson can be asked at once.
func fuzzAgainstGJSON(t *testing.T, path schema.RecordPath, body []byte, page *schema.Page) {
	if strings.Contains(path.Steps[0], "@") {
		return
	}
	found := gjson.GetBytes(body, path.Steps[0])
	if path.Steps[0] == "" {
		found = gjson.ParseBytes(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	}
	var want []gjson.Result
	if found.IsArray() {
		want = found.Array()
	}
	if len(want) != len(page.Records) {
		t.Fatalf("%+v: got %d records, gjson has %d in %s", path, len(page.Records), len(want), found.Raw)
	}
	for i := range want {
		if got := string(page.Record(i)); got != want[i].Raw {
			t.Fatalf("%+v: record %d is %s, gjson has %s", path, i, got, want[i].Raw)
		}
	}
}
