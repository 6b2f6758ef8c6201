//go:build !small

package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/testrig"
)

// all reads all records of a workbook.
func all(book []byte, o sources.XLSX, schema string) ([]string, error) {
	in := file.NewSource(bytes.NewReader(book), bytes.NewReader(book), 0)
	r, err := Open(in, &file.Options{Decode: &sources.Decode{XLSX: o}, Schema: json.RawMessage(schema)})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var records []string
	for {
		one, err := r.Next([]byte("before "))
		if err == io.EOF {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		one = one[len("before "):]
		if !json.Valid(one) {
			return records, fmt.Errorf("no JSON: %s", one)
		}
		records = append(records, string(one))
	}
}

// bookOf is a workbook of one sheet, whose parts are these; "": those of every one.
func bookOf(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	whole := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="x/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="q"><sheets><sheet name="One" r:id="s1"/><sheet name="Chart" r:id="c"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="s1" Type="x/worksheet" Target="sheets/1.xml"/><Relationship Id="c" Type="x/chartsheet" Target="c.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="strings.xml"/><Relationship Id="y" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"xl/strings.xml":             `<sst><si><t>a</t></si><si><t xml:space="preserve"> b_x000D_&#x41;&amp;</t></si><si><r><t>c</t></r><r><rPr/><t>d</t></r><rPh><t>no</t></rPh></si><si/></sst>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="20"/></cellXfs></styleSheet>`,
	}
	maps.Copy(whole, parts)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, whole[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sheetOf is a workbook whose sheet has these rows.
func sheetOf(t testing.TB, rows string) []byte {
	return bookOf(t, map[string]string{"xl/sheets/1.xml": `<?xml version="1.0"?><x:worksheet><x:cols/><x:sheetData>` + rows + `</x:sheetData><x:mergeCells/></x:worksheet>`})
}

const twoNames = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="str"><v>b</v></c></row>`

func TestCells(t *testing.T) {
	tests := []struct{ cell, schema, want string }{
		{`<c r="A2"><v>9007199254740993</v></c>`, "number", `9007199254740993`},
		{`<c r="A2"><v>1.0000000000000001E-5</v></c>`, "", `1.0000000000000001E-5`},
		{`<c r="A2"><v>0012</v></c>`, "", `row 2: column A: "0012" is no number`},
		{`<c r="A2"><v>12</v></c>`, "string", `"12"`},
		{`<c><v>12</v></c>`, `["string","number"]`, `12`},
		{`<c r="A2" t="str"><v>12</v></c>`, "integer", `12`},
		{`<c r="A2" t="str"><v>1.5</v></c>`, "integer", `"1.5"`},
		{`<c r="A2" t="str"><v>1.5</v></c>`, `["integer","number"]`, `1.5`},
		{`<c r="A2" t="str"><v>12</v></c>`, "", `"12"`},
		{`<c r="A2" t="str"><v>true</v></c>`, "boolean", `true`},
		{`<c r="A2" t="str"><v>yes</v></c>`, "boolean", `"yes"`},
		{`<c r="A2" t="str"><f>x()</f><v></v></c>`, "", `""`},
		{`<c r="A2"><f>1+1</f><v>2</v></c>`, "", `2`},
		{`<c r="A2"><f>1+1</f><v></v></c>`, "", `a formula has no value`},
		{`<c r="A2" t="b"><v>1</v></c>`, "", `true`},
		{`<c r="A2" t="b"><v>2</v></c>`, "", `"2" is no boolean`},
		{`<c r="A2" t="e"><v>#N/A</v></c>`, "", `null`},
		{`<c r="A2" t="d"><v>2024-01-02</v></c>`, "", `"2024-01-02"`},
		{`<c r="A2" t="s"><v>1</v></c>`, "", `" b\rA&"`},
		{`<c r="A2" t="s"><v>2</v></c>`, "", `"cd"`},
		{`<c r="A2" t="s"><v>3</v></c>`, "", `""`},
		{`<c r="A2" t="s"><v>4</v></c>`, "", `it names text 4; there are 4`},
		{`<c r="A2" t="inlineStr"><is><t>x<![CDATA[<&]]>y<!-- > --></t></is></c>`, "", `"x<&y"`},
		{`<c r="A2" s="1"><v>1</v></c>`, "", `"1900-01-01"`},
		{`<c r="A2" s="1"><v>59</v></c>`, "", `"1900-02-28"`},
		{`<c r="A2" s="1"><v>60</v></c>`, "", `60`},
		{`<c r="A2" s="1"><v>61</v></c>`, "", `"1900-03-01"`},
		{`<c r="A2" s="1"><v>45293.25</v></c>`, "", `"2024-01-02T06:00:00"`},
		{`<c r="A2" s="1"><v>2958465</v></c>`, "", `"9999-12-31"`},
		{`<c r="A2" s="1"><v>2958466</v></c>`, "", `2958466`},
		{`<c r="A2" s="1"><v>-1</v></c>`, "", `-1`},
		{`<c r="A2" s="2"><v>45293</v></c>`, "", `"2024-01-02T00:00:00"`},
		{`<c r="A2" s="2"><v>45293.127835648149</v></c>`, "", `"2024-01-02T03:04:05"`},
		{`<c r="A2" s="3"><v>1.5</v></c>`, "", `"PT36H"`},
		{`<c r="A2" s="3"><v>-0.5</v></c>`, "", `"-PT12H"`},
		{`<c r="A2" s="4"><v>0.5</v></c>`, "", `"12:00:00"`},
		{`<c r="A2" t="zz"><v>1</v></c>`, "", `its kind is unknown`},
		{`<c r="C2"><v>1</v></c>`, "", `row 2: column C has a value; there are names for 2 columns`},
		{`<c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>`, "", `"A2"; it stands behind column B`},
		{`<c r="XFE2"><v>1</v></c>`, "", `a cell has the name "XFE2"`},
	}
	for _, tt := range tests {
		schema := ""
		if tt.schema != "" {
			schema = fmt.Sprintf(`{"properties":{"a":{"type":%s}}}`, strings.ReplaceAll(`"`+tt.schema+`"`, `"[`, `[`))
			schema = strings.ReplaceAll(schema, `]"`, `]`)
		}
		got, err := all(sheetOf(t, twoNames+`<row r="2">`+tt.cell+`</row>`), sources.XLSX{}, schema)
		if err != nil && strings.Contains(err.Error(), tt.want) {
			continue
		}
		if want := `{"a":` + tt.want + `,"b":null}`; err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q and %v, want %s", tt.cell, got, err, want)
		}
	}
}

func TestRowsAndNames(t *testing.T) {
	two := twoNames + `<row r="3"/><row r="4" hidden="1"><c r="B4"><v>4</v></c></row><row r="9"><c r="B9"/></row><row><c><v>10</v></c></row>`
	other := strings.ReplaceAll(twoNames, ">b<", ">%s<")
	tests := []struct {
		name, rows string
		o          sources.XLSX
		want       string
	}{
		{"rows", two, sources.XLSX{}, `{"a":null,"b":4}{"a":10,"b":null}`},
		{"by name", two, sources.XLSX{Sheet: "One"}, `{"a":null,"b":4}{"a":10,"b":null}`},
		{"names that are given", two, sources.XLSX{Names: []string{"x", "y"}, SkipRows: 4}, `{"x":10,"y":null}`},
		{"skipped rows", two, sources.XLSX{SkipRows: 3}, `column A has no name`},
		{"no rows", "", sources.XLSX{}, ``},
		{"no sheet", two, sources.XLSX{Sheet: "Two"}, `there is no sheet "Two"; there are "One"`},
		{"no sheet of cells", two, sources.XLSX{Sheet: "Chart"}, `there is no sheet "Chart"`},
		{"a name twice", fmt.Sprintf(other, "a"), sources.XLSX{}, `xlsx, row 1: columns A and B both have the name "a"`},
		{"a last name that is empty", fmt.Sprintf(other, ""), sources.XLSX{}, ``},
		{"rows out of order", two + `<row r="2"/>`, sources.XLSX{}, `a row has the number "2"; it stands behind row 10`},
		{"too many rows", two + `<row r="1048577"/>`, sources.XLSX{}, `"1048577"`},
		{"an entity", `<row><c t="str"><v>&xx;</v></c></row>`, sources.XLSX{}, `&xx is no character of XML`},
		{"a declaration", `<!DOCTYPE x>`, sources.XLSX{}, `nothing is read with it`},
		{"other ends", `<row></c>`, sources.XLSX{}, `ends an element "c" that is not open`},
		{"no UTF-8", "<row><c t=\"str\"><v>\xff</v></c></row>", sources.XLSX{}, `not of UTF-8`},
	}
	for _, tt := range tests {
		got, err := all(sheetOf(t, tt.rows), tt.o, "")
		if err != nil && tt.want != "" && strings.Contains(err.Error(), tt.want) {
			continue
		}
		if err != nil || strings.Join(got, "") != tt.want {
			t.Errorf("%s: got %q and %v, want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestNoWorkbook(t *testing.T) {
	for want, book := range map[string][]byte{
		"the answer is no workbook":          []byte("id,name\n1,2\n"),
		"xl/sheets/1.xml is missing":         bookOf(t, nil),
		"has no sheetData":                   bookOf(t, map[string]string{"xl/sheets/1.xml": "<worksheet/>"}),
		"names no document":                  bookOf(t, map[string]string{"_rels/.rels": "<Relationships/>"}),
		`begins with the element "document"`: bookOf(t, map[string]string{"xl/workbook.xml": "<document/>"}),
		"ends too early":                     bookOf(t, map[string]string{"xl/sheets/1.xml": "<worksheet><sheetData>"}),
	} {
		if _, err := all(book, sources.XLSX{}, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestSharedStringsOnDisk: texts that do not fit into memory are the same from disk.
func TestSharedStringsOnDisk(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	var strs, rows strings.Builder
	for i := range 40 {
		fmt.Fprintf(&strs, "<si><t>%d%s</t></si><si><t>short %d</t></si>", i, long, i)
	}
	rows.WriteString(`<row><c t="str"><v>a</v></c></row>`)
	order := []int{79, 0, 1, 3, 5, 2, 78, 41}
	for _, i := range order {
		fmt.Fprintf(&rows, `<row><c t="s"><v>%d</v></c></row>`, i)
	}
	book := bookOf(t, map[string]string{"xl/strings.xml": "<sst>" + strs.String() + "</sst>", "xl/sheets/1.xml": "<worksheet><sheetData>" + rows.String() + "</sheetData></worksheet>"})
	got, err := all(book, sources.XLSX{}, "")
	if err != nil || len(got) != len(order) {
		t.Fatalf("got %d records and %v", len(got), err)
	}
	for k, i := range order {
		want := fmt.Sprintf(`{"a":"short %d"}`, i/2)
		if i%2 == 0 {
			want = fmt.Sprintf(`{"a":"%d%s"}`, i/2, long)
		}
		if got[k] != want {
			t.Errorf("text %d: got %d bytes, want %d", i, len(got[k]), len(want))
		}
	}
}

// same compares records with what another program reads: numbers by their values.
func same(t *testing.T, got []string, want []byte) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(want)), "\n")
	if len(got) != len(lines) {
		t.Fatalf("got %d records, want %d", len(got), len(lines))
	}
	for i := range got {
		var g, w map[string]any
		if err := errors.Join(json.Unmarshal([]byte(got[i]), &g), json.Unmarshal([]byte(lines[i]), &w)); err != nil {
			t.Fatal(err)
		}
		if len(g) != len(w) {
			t.Errorf("record %d: got %s, want %s", i, got[i], lines[i])
		}
		for name := range w {
			a, isNumber := g[name].(float64)
			b, _ := w[name].(float64)
			if isNumber && math.Abs(a-b) <= math.Abs(b)*1e-15 {
				continue
			}
			if g[name] != w[name] {
				t.Errorf("record %d, %s: got %v, want %v", i, name, g[name], w[name])
			}
		}
	}
}

func checkFolder(t *testing.T, folder string) {
	for _, name := range []string{"types", "types_1904", "many"} {
		book, err := os.ReadFile(filepath.Join(folder, name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(folder, name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := all(book, sources.XLSX{}, "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same(t, got, want)
	}
	book, _ := os.ReadFile(filepath.Join(folder, "types.xlsx"))
	got, err := all(book, sources.XLSX{Sheet: "Other"}, "")
	if want := `{"a":"merged","b":null}{"a":"'0012","b":"00.50"}`; err != nil || strings.Join(got, "") != want {
		t.Errorf("the other sheet: got %q and %v, want %s", got, err, want)
	}
}

// TestOpenpyxl reads workbooks that openpyxl wrote.
func TestOpenpyxl(t *testing.T) { checkFolder(t, "testdata") }

func TestInterop(t *testing.T) {
	folder := t.TempDir()
	testrig.Python(t, "testdata/write.py", folder)
	checkFolder(t, folder)
}

// TestSuite: a workbook is a ZIP file, every byte of whose parts a sum proves.
func TestSuite(t *testing.T) {
	open := func(in file.File) (file.Records, error) { return Open(in, &file.Options{Decode: &sources.Decode{}}) }
	decodetest.Suite(t, open, decodetest.Sample{
		Name: "two cells", Bytes: sheetOf(t, twoNames+`<row><c s="1"><v>45293</v></c></row>`),
		Summed: func(int) bool { return true },
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(twoNames+`<row r="2"><c s="1"><v>45293</v></c></row>`, `<si><t>a</t></si>`, "yyyy")
	f.Fuzz(func(t *testing.T, rows, strs, code string) {
		book := bookOf(t, map[string]string{
			"xl/sheets/1.xml": `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`, "xl/strings.xml": "<sst>" + strs + "</sst>",
		})
		formatOf(code)
		_, err := all(book, sources.XLSX{}, "")
		if _, ok := errors.AsType[*file.Error](err); err != nil && !ok {
			t.Errorf("the error does not say where: %v", err)
		}
	})
}

func benchmarkBook(b testing.TB, rows int) ([]byte, int) {
	var s strings.Builder
	s.WriteString(`<row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>name</v></c><c r="C1" t="str"><v>at</v></c><c r="D1" t="str"><v>amount</v></c></row>`)
	for i := range rows {
		fmt.Fprintf(&s, `<row r="%d"><c r="A%[1]d"><v>%[1]d</v></c><c r="B%[1]d" t="s"><v>%d</v></c><c r="C%[1]d" s="2"><v>45293.5</v></c><c r="D%[1]d"><v>%[1]d.25</v></c></row>`, i+2, i%3)
	}
	return sheetOf(b, s.String()), s.Len()
}

func BenchmarkNext(b *testing.B) {
	const rows = 20_000
	book, size := benchmarkBook(b, rows)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		r, err := Open(file.NewSource(bytes.NewReader(book), bytes.NewReader(book), 0), &file.Options{Decode: &sources.Decode{}})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			dst, err = r.Next(dst[:0])
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		r.Close()
	}
}

func TestNoAllocationPerRecord(t *testing.T) {
	book, _ := benchmarkBook(t, 3_000)
	r, err := Open(file.NewSource(bytes.NewReader(book), bytes.NewReader(book), 0), &file.Options{Decode: &sources.Decode{}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	decodetest.NoAllocation(t, r, 1_400)
}
