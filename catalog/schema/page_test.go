package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// pageAt is a RecordPath of steps.
func pageAt(steps ...string) schema.RecordPath { return schema.RecordPath{Steps: steps} }

// scanPage returns the records of a body, and each one's parent.
func scanPage(t *testing.T, path schema.RecordPath, body string) (records, parents []string, err error) {
	t.Helper()
	scanner, err := schema.NewPageScanner(path)
	if err != nil {
		t.Fatalf("NewPageScanner: %v", err)
	}
	var page schema.Page
	text := []byte(body)
	for range 2 { // the second scan finds the buffers of the first one
		records, parents = nil, nil
		if err = scanner.Scan(text, &page); err != nil && len(page.Records) > 0 {
			t.Errorf("got %d records beside error %v", len(page.Records), err)
		}
		for i := range page.Records {
			records = append(records, string(page.Record(i)))
			parents = append(parents, string(page.Parent(i)))
		}
	}
	checkMany(t, scanner, text, records, parents, err)
	return records, parents, err
}

// checkMany checks that a scan in pieces finds what a scan of the page found.
func checkMany(t testing.TB, scanner *schema.PageScanner, body []byte, records, parents []string, wantErr error) {
	t.Helper()
	if errors.Is(wantErr, schema.ErrMany) {
		return
	}
	for _, piece := range []int{1, 2, 100} {
		scanner.SetPiece(piece)
		var page schema.Page
		var gotRecords, gotParents []string
		err := scanner.ScanMany(body, &page, func(p *schema.Page) error {
			if len(p.Records) == 0 || len(p.Records) > piece {
				t.Errorf("a piece of %d records, want %d at most", len(p.Records), piece)
			}
			for i := range p.Records {
				gotRecords = append(gotRecords, string(p.Record(i)))
				gotParents = append(gotParents, string(p.Parent(i)))
			}
			return nil
		})
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("in pieces of %d: got error %v, want %v", piece, err, wantErr)
		}
		if err == nil && (!slices.Equal(gotRecords, records) || !slices.Equal(gotParents, parents)) {
			t.Fatalf("in pieces of %d: got %q of %q, want %q of %q", piece, gotRecords, gotParents, records, parents)
		}
	}
}

// checkBodyError checks an error's kind and that message is a part of it.
func checkBodyError(t *testing.T, err error, kind scan.BodyErrorKind, message string) {
	t.Helper()
	if kind == 0 {
		if err != nil {
			t.Errorf("got error %v, want none", err)
		}
		return
	}
	var body *scan.BodyError
	if !errors.As(err, &body) {
		t.Fatalf("got %v, want a BodyError", err)
	}
	if body.Kind != kind {
		t.Errorf("got kind %v, want %v", body.Kind, kind)
	}
	if !strings.Contains(err.Error(), message) {
		t.Errorf("got message %q, want %q in it", err, message)
	}
	if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
		t.Errorf("message %q is not printable", err)
	}
}

func TestScan(t *testing.T) {
	keyed := schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}
	single := schema.RecordPath{Steps: []string{"data"}, Single: true}
	columns := schema.RecordPath{Steps: []string{"rows"}, Columns: []string{"ts", "va<lue"}}
	column := schema.RecordPath{Steps: []string{"rows"}, Columns: []string{"ts"}}
	named := schema.RecordPath{Steps: []string{"rows"}, ColumnsPath: "meta.columns"}
	one := func(steps ...string) schema.RecordPath { return schema.RecordPath{Steps: steps, OneOrMany: true} }
	oneKeyed := schema.RecordPath{Steps: []string{"data"}, Keyed: "id", OneOrMany: true}
	short := schema.RecordPath{Steps: []string{"rows"}, Columns: []string{"a", "b"}, ShortRows: true}
	lenient := func(steps ...string) schema.RecordPath {
		return schema.RecordPath{Steps: steps, MissingIsEmpty: true}
	}
	for _, test := range []struct {
		name string
		path schema.RecordPath
		body string
		want []string
	}{
		{"the body", pageAt("@this"), `[{"a":1},{"a":2}]`, []string{`{"a":1}`, `{"a":2}`}},
		{"the body, unnamed", pageAt(""), "\xef\xbb\xbf [ {} ] ", []string{`{}`}},
		{"a key", pageAt("data"), `{"next":{"data":[]},"data":[{"a":1} , {"b" : [ ] }],"more":false}`, []string{`{"a":1}`, `{"b" : [ ] }`}},
		{"keys", pageAt("a.b.c"), `{"a":{"x":[],"b":{"c":[{"n":1}]}}}`, []string{`{"n":1}`}},
		{"an index", pageAt("a.1.b"), `{"a":[{"b":[{"n":1}]},{"b":[{"n":2}]}]}`, []string{`{"n":2}`}},
		{"digits as a key", pageAt("a.1"), `{"a":{"1":[{"n":1}]}}`, []string{`{"n":1}`}},
		{"escaped dots", pageAt(`\@odata\.value`), `{"@odata":{"value":[]},"@odata.value":[{"n":1}]}`, []string{`{"n":1}`}},
		{"unescaped modifier sign", pageAt(`@odata\.value`), `{"@odata.value":[{"n":1}]}`, []string{`{"n":1}`}},
		{"an escaped key", pageAt("dé\"😀\n"), `{"d\u00e9\"\ud83d\ude00\n":[{"n":1}]}`, []string{`{"n":1}`}},
		{"one for a list", one("a"), `{"a":{"n":1}}`, []string{`{"n":1}`}},
		{"a list all the same", one("a"), `{"a":[{"n":1},{"n":2}]}`, []string{`{"n":1}`, `{"n":2}`}},
		{"one parent, one record", one("a", "b"), `{"a":{"b":{"n":1}}}`, []string{`{"n":1}`}},
		{"many parents, one record each", one("a", "b"), `{"a":[{"b":{"n":1}},{"b":[{"n":2},{"n":3}]}]}`, []string{`{"n":1}`, `{"n":2}`, `{"n":3}`}},
		{"an empty list for a map", oneKeyed, `{"data":[ ]}`, nil},
		{"a map all the same", oneKeyed, `{"data":{"k":{"n":1}}}`, []string{`{"id":"k","n":1}`}},
		{"short rows", short, `{"rows":[[1,2],[3],[]]}`, []string{`{"a":1,"b":2}`, `{"a":3,"b":null}`, `{"a":null,"b":null}`}},
		{"a bare value for two", short, `{"rows":[5]}`, []string{`{"a":5,"b":null}`}},
		{"the one of equal keys that leads there", pageAt("a.b"), `{"a":{"x":0},"a":{"b":[{"n":2}]}}`, []string{`{"n":2}`}},
		{"empty", pageAt("data"), `{"data":[ ]}`, nil},
		{"null", pageAt("data"), `{"data":null}`, nil},
		{"null all", pageAt("@this"), `null`, nil},
		{"missing, allowed", lenient("data"), `{"error":"none"}`, nil},
		{"missing below, allowed", lenient("data.items"), `{"data":null}`, nil},
		{"digits are kept", pageAt("@this"), `[{"n":12345678901234567890.10,"e":1E5}]`, []string{`{"n":12345678901234567890.10,"e":1E5}`}},

		{"single", single, `{"data":{"a":1}}`, []string{`{"a":1}`}},
		{"single null", single, `{"data":null}`, nil},
		{"keyed", keyed, `{"data":{"k1":{"a":1,"b":[{}]},"k\u00e9\"2":{ "a" : 2 },"k3":{}}}`,
			[]string{`{"id":"k1","a":1,"b":[{}]}`, `{"id":"k\u00e9\"2", "a" : 2 }`, `{"id":"k3"}`}},
		{"keyed, field replaced", keyed,
			`{"data":{"k":{"id":1,"a":2},"l":{"a":1, "id":5 , "b":2},"m":{"a":1,"id":7 },"n":{ "id":1 },"o":{"\u0069d":1,"id":2,"c":3}}}`,
			[]string{`{"id":"k","a":2}`, `{"id":"l","a":1 , "b":2}`, `{"id":"m","a":1 }`, `{"id":"n" }`, `{"id":"o","c":3}`}},
		{"keyed, none", keyed, `{"data":{}}`, nil},
		{"columns", columns, `{"rows":[[1,"a"],[ 2.50 , {"x":[1,2]} ]]}`, []string{`{"ts":1,"va<lue":"a"}`, `{"ts":2.50,"va<lue":{"x":[1,2]}}`}},
		{"columns of bare values", column, `{"rows":[1,"a",null,{"b":1},[7]]}`, []string{`{"ts":1}`, `{"ts":"a"}`, `{"ts":null}`, `{"ts":{"b":1}}`, `{"ts":7}`}},
		{"columns named behind", named, `{"rows":[[1,2]],"meta":{"columns":["a","\u00e9"]}}`, []string{`{"a":1,"\u00e9":2}`}},
		{"columns named by objects", named, `{"meta":{"columns":[{"name":"a","type":"INT"},{"type":"x","name":"b"}]},"rows":[[1,2],[3,4]]}`,
			[]string{`{"a":1,"b":2}`, `{"a":3,"b":4}`}},
		{"columns without rows", named, `{"rows":[]}`, nil},
		{"no columns", named, `{"rows":[[],[]],"meta":{"columns":[]}}`, []string{`{}`, `{}`}},

		{"query", pageAt(`data.#(ok==true)#`), `{"data":[{"n":1,"ok":true},{"n":2,"ok":false},{ "n":3,"ok":true }]}`,
			[]string{`{"n":1,"ok":true}`, `{ "n":3,"ok":true }`}},
		{"query in the body", pageAt(`data.#(k=="x").rows`), `{"data":[{"k":"w","rows":[]},{"k":"x","rows":[{"n":1}]}]}`, []string{`{"n":1}`}},
		{"query with a pipe", pageAt(`data.#(k=="x|y.@values").rows|@values`), `{"data":[{"k":"x|y.@values","rows":{"a":{"n":1}}}]}`, []string{`{"n":1}`}},
		{"wildcard", pageAt(`res*.items`), `{"results":{"items":[{"n":1}]}}`, []string{`{"n":1}`}},
		{"modifier", pageAt(`data.@values`), `{"data":{"a":{"n":1},"b":{"n":2}}}`, []string{`{"n":1}`, `{"n":2}`}},
		{"modifier with an argument", pageAt(`data.@flatten:{"deep":true}`), `{"data":[[{"n":1}],[[{"n":2}]]]}`, []string{`{"n":1}`, `{"n":2}`}},
		{"modifier of nothing, allowed", lenient(`none.@values`), `{"data":1}`, nil},
		{"JSON in a string", pageAt(`body.@fromstr.data`), `{"body":" {\"data\":[{\"n\":1}]} "}`, []string{`{"n":1}`}},
		{"made null", pageAt(`a|b`), `{"a":{"b":null}}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _, err := scanPage(t, test.path, test.body)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			for _, record := range got {
				if !json.Valid([]byte(record)) {
					t.Errorf("record %q is not JSON", record)
				}
			}
		})
	}
}

func TestScanSteps(t *testing.T) {
	for _, test := range []struct {
		name          string
		path          schema.RecordPath
		body          string
		want, parents []string
	}{
		{"two", pageAt("data", "lines"),
			`{"data":[{"id":1,"lines":[{"n":1},{"n":2}]},{"lines":[],"id":2},{"lines":null},{"lines":[{"n":3}]}]}`,
			[]string{`{"n":1}`, `{"n":2}`, `{"n":3}`},
			[]string{`{"id":1,"lines":[{"n":1},{"n":2}]}`, `{"id":1,"lines":[{"n":1},{"n":2}]}`, `{"lines":[{"n":3}]}`}},
		{"three", pageAt("@this", "a", "b"), `[{"a":[{"b":[{"n":1}]},{"b":[{"n":2}]}]}]`,
			[]string{`{"n":1}`, `{"n":2}`}, []string{`{"b":[{"n":1}]}`, `{"b":[{"n":2}]}`}},
		{"arrays in an array", pageAt("data", "@this"), `{"data":[[{"n":1}],[{"n":2}]]}`,
			[]string{`{"n":1}`, `{"n":2}`}, []string{`[{"n":1}]`, `[{"n":2}]`}},
		{"single in each", schema.RecordPath{Steps: []string{"data", "node"}, Single: true}, `{"data":[{"node":{"n":1}},{"node":null}]}`,
			[]string{`{"n":1}`}, []string{`{"node":{"n":1}}`}},
		{"keyed in each", schema.RecordPath{Steps: []string{"data", "by"}, Keyed: "k"}, `{"data":[{"by":{"x":{"n":1}}}]}`,
			[]string{`{"k":"x","n":1}`}, []string{`{"by":{"x":{"n":1}}}`}},
		{"columns in each", schema.RecordPath{Steps: []string{"data", "rows"}, Columns: []string{"v"}}, `{"data":[{"rows":[1]},{"rows":[2]}]}`,
			[]string{`{"v":1}`, `{"v":2}`}, []string{`{"rows":[1]}`, `{"rows":[2]}`}},
		{"missing in some, allowed", schema.RecordPath{Steps: []string{"data", "lines"}, MissingIsEmpty: true},
			`{"data":[{"id":1},{"lines":[{"n":3}]}]}`, []string{`{"n":3}`}, []string{`{"lines":[{"n":3}]}`}},
		{"made parents", pageAt("data.@values", "lines"), `{"data":{"x":{"lines":[{"n":1}]},"y":{"lines":[{"n":2}]}}}`,
			[]string{`{"n":1}`, `{"n":2}`}, []string{`{"lines":[{"n":1}]}`, `{"lines":[{"n":2}]}`}},
		{"made records", pageAt("data", "lines.@values"), `{"data":[{"lines":{"x":{"n":1}}},{"lines":{"y":{"n":2}}}]}`,
			[]string{`{"n":1}`, `{"n":2}`}, []string{`{"lines":{"x":{"n":1}}}`, `{"lines":{"y":{"n":2}}}`}},
		{"made twice", pageAt("data.@values", "lines.@values"), `{"data":{"a":{"lines":{"x":{"n":1}}},"b":{"lines":{"y":{"n":2}}}}}`,
			[]string{`{"n":1}`, `{"n":2}`}, []string{`{"lines":{"x":{"n":1}}}`, `{"lines":{"y":{"n":2}}}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, parents, err := scanPage(t, test.path, test.body)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) || !slices.Equal(parents, test.parents) {
				t.Errorf("got  %q in %q\nwant %q in %q", got, parents, test.want, test.parents)
			}
		})
	}
}

func TestScanErrors(t *testing.T) {
	keyed := schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}
	single := schema.RecordPath{Steps: []string{"data"}, Single: true}
	columns := schema.RecordPath{Steps: []string{"rows"}, Columns: []string{"a", "b"}}
	named := schema.RecordPath{Steps: []string{"rows"}, ColumnsPath: "meta.columns"}
	for _, test := range []struct {
		name       string
		path       schema.RecordPath
		body       string
		kind       scan.BodyErrorKind
		at         string // BodyError.Path
		offset     int64
		wantPrefix string
	}{
		{"missing", pageAt("data"), `{"error":"no such shop"}`, scan.Missing, "data", 0,
			"records: expected something at \"data\", found nothing in an object, near `{\"error\":\"no such shop\"}`"},
		{"missing below", pageAt("data.items"), `{"data":null}`, scan.Missing, "data.items", 0, `records: expected something at "data.items"`},
		{"missing in a scalar", pageAt("data"), `"{\"data\":[]}"`, scan.Missing, "data", 0, `records: expected something at "data", found nothing in a string`},
		{"missing index", pageAt("0.a"), `[]`, scan.Missing, "0.a", 0, `records: expected something at "0.a"`},
		{"missing by query", pageAt("data.#(a==1)"), `{"data":[]}`, scan.Missing, "data.#(a==1)", 0, `records: expected something`},
		{"missing under a modifier", pageAt("none.@values"), `{"data":1}`, scan.Missing, "none.@values", 0, `records: expected something`},
		{"missing behind a modifier", pageAt("data.@this.none.@values"), `{"data":{}}`, scan.Missing, "data.@this.none.@values", 0, `records: expected something`},
		{"missing in a string", pageAt("*"), `"{\"a\":[]}"`, scan.Missing, "*", 0, `records: expected something`},
		{"missing in a parent", pageAt("data", "lines"), `{"data":[{"lines":[]},{"id":7}]}`, scan.Missing, "data.1.lines", 22,
			"records: expected something at \"data.1.lines\", found nothing in an object, near `{\"id\":7}]}`"},
		{"an object", pageAt("data"), `{"data":{"id":1}}`, scan.NotArray, "data", 8, `records: expected an array at "data", found an object, near`},
		{"an object in place of all", pageAt("@this"), ` {"id":1}`, scan.NotArray, "@this", 1, `records: expected an array at "@this", found an object`},
		{"a scalar", pageAt("data"), `{"data":true}`, scan.NotArray, "data", 8, `records: expected an array at "data", found a boolean`},
		{"a count", pageAt("data.#"), `{"data":[]}`, scan.NotArray, "data.#", 0, `records: expected an array at "data.#", found a number`},
		{"parents no array", pageAt("data", "lines"), `{"data":{"lines":[]}}`, scan.NotArray, "data", 8, `records: expected an array at "data", found an object`},
		{"lines no array", pageAt("data", "lines"), `{"data":[{"lines":{}}]}`, scan.NotArray, "data.0.lines", 18, `records: expected an array at "data.0.lines", found an object`},
		{"a number among records", pageAt("data"), `{"data":[{},5,6]}`, scan.NotObject, "data.1", 12, `records: expected an object at "data.1", found a number`},
		{"null among records", pageAt("@this"), `[null]`, scan.NotObject, "0", 1, `records: expected an object at "0", found null`},
		{"null among parents", pageAt("data", "lines"), `{"data":[null]}`, scan.NotObject, "data.0", 9, `records: expected an object at "data.0", found null`},
		{"a string among parents", schema.RecordPath{Steps: []string{"data", "lines"}, MissingIsEmpty: true}, `{"data":["x"]}`,
			scan.NotObject, "data.0", 9, `records: expected an object at "data.0", found a string`},
		{"single array", single, `{"data":[{"a":1}]}`, scan.NotObject, "data", 8, `records: expected an object at "data", found an array`},
		{"keyed array", keyed, `{"data":[{"a":1}]}`, scan.NotObject, "data", 8, `records: expected an object at "data", found an array`},
		{"keyed scalar", keyed, `{"data":{"a":{},"b":"x"}}`, scan.NotObject, "data.b", 20, `records: expected an object at "data.b", found a string`},
		{"records twice", pageAt("data"), `{"data":[{"a":1}],"data":[{"a":2}]}`, scan.Twice, "data", 25,
			`records: expected one place at "data", found the key "data" twice, with an array the second time`},
		{"a key before the records twice", pageAt("d.x"), `{"d":{"x":[]},"n":1,"\u0064":null}`, scan.Twice, "d.x", 29,
			`records: expected one place at "d.x", found the key "d" twice, with null the second time`},
		{"a list that is no map", schema.RecordPath{Steps: []string{"data"}, Keyed: "id", OneOrMany: true}, `{"data":[1]}`, scan.NotObject, "data", 8,
			`records: expected an object at "data", found an array`},
		{"a scalar for one or many", schema.RecordPath{Steps: []string{"data"}, OneOrMany: true}, `{"data":5}`, scan.NotArray, "data", 8,
			`records: expected an array at "data", found a number`},
		{"a long row, where short ones may be", schema.RecordPath{Steps: []string{"rows"}, Columns: []string{"a"}, ShortRows: true}, `{"rows":[[1,2]]}`,
			scan.NotObject, "rows.0", 9, `records: row 0 at "rows.0": expected 1 values, found 2`},
		{"short row", columns, `{"rows":[[1,2],[3]]}`, scan.NotObject, "rows.1", 15, `records: row 1 at "rows.1": expected 2 values, found 1`},
		{"long row", columns, `{"rows":[[1,2,3]]}`, scan.NotObject, "rows.0", 9, `records: row 0 at "rows.0": expected 2 values, found 3`},
		{"empty row", columns, `{"rows":[[]]}`, scan.NotObject, "rows.0", 9, `records: row 0 at "rows.0": expected 2 values, found 0`},
		{"bare row", columns, `{"rows":[7]}`, scan.NotObject, "rows.0", 9, `records: row 0 at "rows.0": expected 2 values, found 1`},
		{"no names", named, `{"rows":[[1]]}`, scan.Missing, "meta.columns", 0, `records: columns at "meta.columns": expected the columns, found nothing`},
		{"names no array", named, `{"rows":[[1]],"meta":{"columns":"a"}}`, scan.NotArray, "meta.columns", 0, `records: columns at "meta.columns": expected an array`},
		{"a name no string", named, `{"rows":[[1]],"meta":{"columns":[{"n":"a"}]}}`, scan.NotObject, "meta.columns", 0, `records: columns at "meta.columns": column 0 has no name`},
		{"a name twice", named, `{"rows":[[1,2]],"meta":{"columns":["a","a"]}}`, scan.NotObject, "meta.columns", 0, `records: columns at "meta.columns": the column "a" comes twice`},
		{"broken JSON in a string", pageAt("body.@fromstr.data"), `{"body":"{\"data\":[{}], \"mo"}`, scan.NotJSON, "body.@fromstr.data", 0, `not JSON: expected JSON in the string`},
		{"too deep as JSON in a string", pageAt("data", "body.@fromstr"), `{"data":[{"body":"[{\"a\":` + strings.Repeat("[", scan.MaxDepth-2) + strings.Repeat("]", scan.MaxDepth-2) + `}]"}]}`,
			scan.TooDeep, "data.0.body.@fromstr", 9, `too deep: expected JSON at "data.0.body.@fromstr", found more than 10000 levels`},
		{"broken JSON comes first", pageAt("data"), `{"data":5,"more":tru}`, scan.NotJSON, "", 17, `not JSON: expected true at byte 17`},
		{"cut behind the records", pageAt("data"), `{"data":[{"a":1}],"more":fa`, scan.NotJSON, "", 27, `not JSON: ends in the middle of false at byte 27`},
		{"cut in a record", pageAt("data"), `{"data":[{"a":1},{"a":`, scan.NotJSON, "", 22, `not JSON: ends where a value was expected at byte 22`},
		{"trailing", pageAt("@this"), `[{"a":1}]]`, scan.NotJSON, "", 9, `not JSON: expected the end`},
		{"Latin-1", pageAt("@this"), "[{\"a\":\"\xe9t\xe9\"}]", scan.NotUTF8, "", 7, `not UTF-8: byte 7 is 0xe9 in a string`},
		{"too deep", pageAt("@this"), strings.Repeat("[", scan.MaxDepth+1), scan.TooDeep, "", scan.MaxDepth, `too deep: more than 10000 levels`},
		{"too large", pageAt("data"), `{"data":[{"a":"` + strings.Repeat("x", schema.MaxRecord) + `"}]}`, scan.RecordTooLarge, "data.0", 9,
			`records: expected at most 52428800 bytes at "data.0", found 52428808`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := scanPage(t, test.path, test.body)
			checkBodyError(t, err, test.kind, test.wantPrefix)
			if got := err.(*scan.BodyError); got.Path != test.at || got.Offset != test.offset {
				t.Errorf("got path %q, offset %d, want %q, %d", got.Path, got.Offset, test.at, test.offset)
			}
		})
	}
}

func TestNewPageScannerErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		path schema.RecordPath
		want string
	}{
		{"no path", schema.RecordPath{}, "records: no path"},
		{"empty key", pageAt("a..b"), `records: path "a..b": has an empty key`},
		{"dot first", pageAt(".a"), "has an empty key"},
		{"dot last", pageAt("data", "a."), "has an empty key"},
		{"backslash last", pageAt(`a\`), "ends in a backslash"},
		{"not UTF-8", pageAt("a\xff"), "is not UTF-8"},
		{"JSON lines", pageAt("..#.a"), "reads JSON lines"},
		{"static value", pageAt("!true"), "a static value"},
		{"static value in a pipe", pageAt("a|![]"), "a static value"},
		{"put together", pageAt("[a,b]"), "a value put together"},
		{"put together below", pageAt("a.{b,c}"), "a value put together"},
		{"pipe without a path", pageAt("a||b"), "has nothing between its pipes"},
		{"JSON in strings of each element", pageAt("data.#.body.@fromstr"), "@fromstr must stand alone"},
		{"single and keyed", schema.RecordPath{Steps: []string{"a"}, Single: true, Keyed: "id"}, "exclude each other"},
		{"columns twice", schema.RecordPath{Steps: []string{"a"}, Columns: []string{"x"}, ColumnsPath: "c"}, "exclude each other"},
		{"equal columns", schema.RecordPath{Steps: []string{"a"}, Columns: []string{"x", "y", "x"}}, `columns: "x" comes twice`},
		{"path of columns", schema.RecordPath{Steps: []string{"a"}, ColumnsPath: "c."}, `records: columns: path "c.": has an empty key`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := schema.NewPageScanner(test.path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// A body that is cut short is never a page, wherever the cut is.
func TestScanCutAnywhere(t *testing.T) {
	const body = `{"a":[{"b":[{"id":1},{"n" : "x"}]},{"b":[]}],"k":{"x":{"id":1,"n":2},"y":{}},"rows":[[1,2],[3,4]]}`
	for _, path := range []schema.RecordPath{
		pageAt("a", "b"), pageAt("a.0.b"), pageAt("a.#.b|@flatten"),
		{Steps: []string{"k.x"}, Single: true},
		{Steps: []string{"k"}, Keyed: "id"},
		{Steps: []string{"rows"}, Columns: []string{"x", "y"}},
		{Steps: []string{"none"}, MissingIsEmpty: true},
	} {
		if _, _, err := scanPage(t, path, body); err != nil {
			t.Errorf("%+v: %v", path, err)
		}
		for i := range body {
			_, _, err := scanPage(t, path, body[:i])
			checkBodyError(t, err, scan.NotJSON, "")
		}
	}
}

func TestBodyErrorKinds(t *testing.T) {
	for kind, want := range map[scan.BodyErrorKind]string{
		scan.NotJSON: "not JSON", scan.NotUTF8: "not UTF-8", scan.TooDeep: "too deep", scan.Missing: "missing",
		scan.NotArray: "not an array", scan.NotObject: "not an object", scan.RecordTooLarge: "record too large", 0: "BodyErrorKind(0)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Long names over many short rows must not use up the memory.
func TestScanColumnsBounded(t *testing.T) {
	body := `{"names":["` + strings.Repeat("n", 1<<20) + `"],"rows":[1` + strings.Repeat(",1", 1<<20) + `]}`
	path := schema.RecordPath{Steps: []string{"rows"}, ColumnsPath: "names"}
	if _, _, err := scanPage(t, path, body); !errors.Is(err, schema.ErrMany) {
		t.Errorf("got %v, want ErrMany", err)
	}
	scanner, err := schema.NewPageScanner(path)
	if err != nil {
		t.Fatal(err)
	}
	var page schema.Page
	err = scanner.ScanMany([]byte(body), &page, func(*schema.Page) error { return nil })
	checkBodyError(t, err, scan.RecordTooLarge, "too large under the names of its columns")
}

func TestPageSpans(t *testing.T) {
	scanner, err := schema.NewPageScanner(schema.RecordPath{Steps: []string{"data"}, Keyed: "id"})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"data":{"a":{}}}`)
	var page schema.Page
	if err := scanner.Scan(body, &page); err != nil {
		t.Fatal(err)
	}
	key := page.Records[0].Key
	if got := string(body[key.Start:key.End]); got != `"a"` {
		t.Errorf("got key %s, want %q", got, "a")
	}
	if page.Parent(0) != nil {
		t.Errorf("got parent %s, want none", page.Parent(0))
	}
	page.Reset()
	if page.Body != nil || len(page.Records) != 0 {
		t.Errorf("after Reset the page has %d bytes, %d records", len(page.Body), len(page.Records))
	}
}

func TestScanAllocations(t *testing.T) {
	body := pageOrders(100)
	var byKey bytes.Buffer
	byKey.WriteString(`{"data":{"k":{}`)
	for i := range 100 {
		byKey.WriteString(`,"k` + strings.Repeat("x", i) + `":` + pageOrder(i))
	}
	byKey.WriteString(`}}`)
	rows := []byte(`{"data":[` + strings.Repeat(`[1,"a"],`, 99) + `[1,"a"]]}`)
	for _, test := range []struct {
		name string
		path schema.RecordPath
		body []byte
	}{
		{"records", pageAt("data"), body},
		{"lines", pageAt("data", "lines"), body},
		{"keyed", schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}, byKey.Bytes()},
		{"columns", schema.RecordPath{Steps: []string{"data"}, Columns: []string{"x", "y"}}, rows},
	} {
		t.Run(test.name, func(t *testing.T) {
			scanner, err := schema.NewPageScanner(test.path)
			if err != nil {
				t.Fatal(err)
			}
			var page schema.Page
			size := 0
			got := testing.AllocsPerRun(10, func() {
				if err := scanner.Scan(test.body, &page); err != nil {
					t.Fatal(err)
				}
				for i := range page.Records {
					size += len(page.Record(i))
				}
			})
			if got != 0 || size == 0 {
				t.Errorf("got %v allocations for each page and %d bytes of records, want none and some", got, size)
			}
		})
	}
}
