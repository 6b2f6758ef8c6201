package csv_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// readAll returns the records of a file, one in a line.
func readAll(text string, o sources.CSV, schema string) (string, error) {
	records, err := open(text, o, schema)
	if err != nil {
		return "", err
	}
	defer records.Close()
	var all []byte
	for {
		end := len(all)
		if all, err = records.Next(all); err == io.EOF {
			return string(all[:end]), nil
		} else if err != nil {
			return string(all[:end]), err
		}
		all = append(all, '\n')
	}
}

func TestSpectrum(t *testing.T) {
	files, _ := filepath.Glob("testdata/spectrum/*.csv")
	if len(files) != 12 {
		t.Fatalf("testdata/spectrum has %d files, want 12", len(files))
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, _ := os.ReadFile(path)
			want, err := os.ReadFile(strings.TrimSuffix(path, ".csv") + ".jsonl")
			if err != nil {
				t.Fatal(err)
			}
			loose := strings.Contains(path, "location")
			got, err := readAll(string(text), sources.CSV{LooseQuotes: loose}, "")
			if err != nil || got != string(want) {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
			if loose {
				if _, err := readAll(string(text), sources.CSV{}, ""); err == nil || !strings.Contains(err.Error(), "loose_quotes: true") {
					t.Errorf("without LooseQuotes: got %v, want advice", err)
				}
			}
		})
	}
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          sources.CSV
		want       string // records by a space
	}{
		{"LF", "a,b\n1,2\n3,4\n", sources.CSV{}, `{"a":"1","b":"2"} {"a":"3","b":"4"}`},
		{"RFC 4180 rule 1: CRLF", "a,b\r\n1,2\r\n3,4\r\n", sources.CSV{}, `{"a":"1","b":"2"} {"a":"3","b":"4"}`},
		{"rule 2: a last line without an end", "a,b\r\n1,2\r\n3,4", sources.CSV{}, `{"a":"1","b":"2"} {"a":"3","b":"4"}`},
		{"rule 2: a last line that ends in CR", "a,b\r\n1,2\r", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"rule 3: a header alone", "a,b", sources.CSV{}, ``},
		{"rule 3: no header", "1,2\n3,4\n", sources.CSV{Names: []string{"a", "b"}}, `{"a":"1","b":"2"} {"a":"3","b":"4"}`},
		{"rule 4: spaces are part of a field", "a, b\n 1 ,2\t\n", sources.CSV{}, `{"a":"·1·","·b":"2\t"}`},
		{"rule 5: quoted", "\"a\",\"b\"\n\"1\",2\n", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"rule 6: line ends and delimiters in quotes", "a,b\n\"1\r\n2\n3\r4,5\",\n", sources.CSV{}, `{"a":"1\r\n2\n3\r4,5","b":""}`},
		{"rule 7: doubled quotes", "a,b\n\"\"\"\",\"x\"\"y\"\n", sources.CSV{}, `{"a":"\"","b":"x\"y"}`},
		{"byte order mark", "\ufeffa,b\n1,2\n", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"byte order mark before a quote", "\ufeff\"a\",b\n1,2\n", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"escapes", "a,b\n\\,\b\f\v\x7f\n", sources.CSV{}, `{"a":"\\","b":"\b\f\u000b` + "\x7f" + `"}`},
		{"line ends of both kinds", "a,b\n1,2\r\n3,4\n5,6\r\n7,8\r\n", sources.CSV{}, `{"a":"1","b":"2"} {"a":"3","b":"4"} {"a":"5","b":"6"} {"a":"7","b":"8"}`},
		{"names of many bytes", "fifteen_bytes__,a_name_of_so_many_bytes_that_it_fills_words\n1,2\n", sources.CSV{}, `{"fifteen_bytes__":"1","a_name_of_so_many_bytes_that_it_fills_words":"2"}`},
		{"texts of eight bytes and more", "a,b\n12345678,123456789\n,1234567890123456\n", sources.CSV{}, `{"a":"12345678","b":"123456789"} {"a":"","b":"1234567890123456"}`},
		{"blank lines", "\n\r\na,b\n\n1,2\r\n\r\n3,4\n\n", sources.CSV{}, `{"a":"1","b":"2"} {"a":"3","b":"4"}`},
		{"blank lines of one column", "\na\n\n1\r\n\r\n", sources.CSV{}, `{"a":""} {"a":"1"} {"a":""}`},
		{"nothing, with names", "", sources.CSV{Names: []string{"a"}}, ``},
		{"delimiter", "a;b\n1,5;2\n", sources.CSV{Delimiter: ';'}, `{"a":"1,5","b":"2"}`},
		{"tab", "a\tb\n1\t\"2\t3\"\n", sources.CSV{Delimiter: '\t'}, `{"a":"1","b":"2\t3"}`},
		{"delimiter of two bytes", "a§b\n§¤1\n\"§\"§\"\"\n", sources.CSV{Delimiter: '§'}, `{"a":"","b":"¤1"} {"a":"§","b":""}`},
		{"quote", "a,b\n'1,''\"',\"2\n", sources.CSV{Quote: '\''}, `{"a":"1,'\"","b":"\"2"}`},
		{"quote of two bytes", "a,b\nþ1,þþ2þ,ý\n", sources.CSV{Quote: 'þ'}, `{"a":"1,þ2","b":"ý"}`},
		{"unquoted", "a,b\n\"1,2\"\n", sources.CSV{Unquoted: true}, `{"a":"\"1","b":"2\""}`},
		{"loose quotes", "a,b\n1\"2,\"3\"\"\"\n", sources.CSV{LooseQuotes: true}, `{"a":"1\"2","b":"3\""}`},
		{"loose quotes of another kind", "a,b\n1'2,'3'\n", sources.CSV{LooseQuotes: true, Quote: '\''}, `{"a":"1'2","b":"3"}`},
		{"skipped lines", "\ufeff\"report\nof \xff\x00\n\na,b\n1,2\n", sources.CSV{SkipLines: 3}, `{"a":"1","b":"2"}`},
		{"comments", "# x\na,b\n#,\"\n1,#2\n#", sources.CSV{Comment: '#'}, `{"a":"1","b":"#2"}`},
		{"null values", "a,b\nNULL,\"NULL\"\n\\N,\n", sources.CSV{NullValues: []string{"NULL", `\N`}}, `{"a":null,"b":"NULL"} {"a":null,"b":""}`},
		{"empty null value", "a,b\n,\"\"\n", sources.CSV{NullValues: []string{""}}, `{"a":null,"b":""}`},
		{"short rows", "a,b,c\n1\n1,2\n1,2,3", sources.CSV{ShortRows: true}, `{"a":"1","b":null,"c":null} {"a":"1","b":"2","c":null} {"a":"1","b":"2","c":"3"}`},
		{"a line for Excel", "sep=;\na;b\n1,5;2\n", sources.CSV{}, `{"a":"1,5","b":"2"}`},
		{"a line for Excel, behind a byte order mark", "\ufeffSEP=\t\r\na\tb\r\n1\t2\r\n", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"a line for Excel, in quotes", "\"sep=|\"\na|b\n1|2\n", sources.CSV{}, `{"a":"1","b":"2"}`},
		{"a line for Excel, and the same delimiter", "sep=;\na;b\n1;2\n", sources.CSV{Delimiter: ';'}, `{"a":"1","b":"2"}`},
		{"a line for Excel, and another delimiter", "sep=;\na|b\n1|2\n", sources.CSV{Delimiter: '|'}, `{"a":"1","b":"2"}`},
		{"a line for Excel that is skipped", "sep=;\na;b\n1;2\n", sources.CSV{SkipLines: 1}, `{"a":"1","b":"2"}`},
		{"a line for Excel before others", "sep=;\nreport\na;b\n1;2\n", sources.CSV{SkipLines: 2}, `{"a":"1","b":"2"}`},
		{"a line for Excel, and names", "sep=;\n1;2\n", sources.CSV{Names: []string{"a", "b"}}, `{"a":"1","b":"2"}`},
		{"a line for Excel, and nothing", "sep=;", sources.CSV{Names: []string{"a", "b"}}, ``},
		{"a column that is called so", "sep=xy\n1\n", sources.CSV{}, `{"sep=xy":"1"}`},
		{"one column with a delimiter in quotes", "\"a;b\"\n1\n", sources.CSV{}, `{"a;b":"1"}`},
		{"one column that is given", "1;2\n", sources.CSV{Names: []string{"a;b"}}, `{"a;b":"1;2"}`},
		{"names that need escapes", "\"a\"\"\n\",é\n1,2\n", sources.CSV{}, `{"a\"\n":"1","é":"2"}`},
		{"U+2028 and signs of HTML", "<a>\n<\u2028&>\n", sources.CSV{}, "{\"<a>\":\"<\u2028&>\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(c.text, c.o, "")
			got = strings.Join(strings.Split(strings.ReplaceAll(strings.TrimSuffix(got, "\n"), " ", "·"), "\n"), " ")
			if err != nil || got != c.want {
				t.Errorf("%q:\ngot  %s, %v\nwant %s", c.text, got, err, c.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          sources.CSV
		want       string
		early      bool
	}{
		{"few fields", "a,b\n1,2\n3\n4,5\n", sources.CSV{}, "csv, row 3, byte 8: has 1 field; the header has 2 (short_rows: null makes the missing ones null)", false},
		{"few fields, with names", "3\n", sources.CSV{Names: []string{"a", "b"}}, "csv, row 1, byte 0: has 1 field; header: gives 2 names (", false},
		{"few fields at the end", "a,b\n1,2\n3", sources.CSV{}, "csv, row 3, byte 8: has 1 field, and the file ends in it; the header has 2", true},
		{"few fields at the end, CR", "a,b\n1,2\n3\r", sources.CSV{}, "csv, row 3, byte 8: has 1 field, and the file ends in it; the header has 2", true},
		{"many fields", "a,b\n\n#\n1,2,\"3\n\",\n", sources.CSV{Comment: '#'}, "csv, row 4, byte 7: has 4 fields; the header has 2", false},
		{"stray quote", "a,b\n1,x\"y\n", sources.CSV{}, "csv, row 2, byte 7: a quote stands within a field", false},
		{"text behind a quote", "a,b\n1,\"x\"y\n", sources.CSV{}, "csv, row 2, byte 9: text stands behind the closing quote", false},
		{"loose quotes, text behind a quote", "a,b\n1,\"x\"y\n", sources.CSV{LooseQuotes: true}, "csv, row 2, byte 9: text stands behind the closing quote", false},
		{"CR behind a quote", "a,b\n1,\"x\"\ry\n", sources.CSV{}, "csv, row 2, byte 9: text stands behind the closing quote", false},
		{"open quote", "a,b\n1,\"x\n2,3\n", sources.CSV{}, "csv, row 2, byte 6: the quote that opens here is not closed when the file ends", true},
		{"CR alone", "a,b\r1,2\r", sources.CSV{}, "csv, row 1, byte 3: a carriage return (CR) stands alone", false},
		{"CR alone where lines end in CRLF", "a,b\r\n1,2\r\n3,4\rx\r\n", sources.CSV{}, "csv, row 3, byte 13: a carriage return (CR) stands alone", false},
		{"NUL", "a,b\n1,\x002\n", sources.CSV{}, "csv, row 2, byte 6: a NUL byte", false},
		{"NUL in quotes", "a,b\n1,\"\x00\"\n", sources.CSV{}, "csv, row 2, byte 7: a NUL byte", false},
		{"UTF-16", "\xff\xfea\x00", sources.CSV{}, "csv, row 1, byte 0: the file begins with the byte order mark of UTF-16", false},
		{"Latin-1", "a,b\n1,\xe9t\xe9\n", sources.CSV{}, "csv, row 2, byte 6: the bytes here are not UTF-8", false},
		{"Latin-1 in a later row", "a,b\n1,ü\n\xe9,3\n", sources.CSV{}, "csv, row 3, byte 9: the bytes here are not UTF-8", false},
		{"Latin-1 before another fault", "a,b\n\xe9,x\"y\n", sources.CSV{}, "csv, row 2, byte 4: the bytes here are not UTF-8", false},
		{"Latin-1 in quotes", "a,b\n\"1\",\"ü\xe9\"\n", sources.CSV{}, "csv, row 2, byte 11: the bytes here are not UTF-8", false},
		{"surrogate", "a,b\n1,\xed\xa0\x80\n", sources.CSV{}, "csv, row 2, byte 6: the bytes here are not UTF-8", false},
		{"name twice", "id,a,id\n", sources.CSV{}, `csv, row 1, byte 0: columns 1 and 3 are both named "id"; header: [names] gives`, false},
		{"no name", "a,,b,\n", sources.CSV{SkipLines: 0}, "csv, row 1, byte 0: column 2 has no name, column 4 has no name; header: [names] gives all columns names, and skip_lines: 1", false},
		{"many without a name", ",,,,\n", sources.CSV{}, "column 1 has no name, column 2 has no name, column 3 has no name, and 2 faults more;", false},
		{"given name twice", "", sources.CSV{Names: []string{"a", "a"}}, "correct header: [names]", false},
		{"no names given", "", sources.CSV{Names: []string{}}, "there is no column; correct header: [names]", false},
		{"nothing", "", sources.CSV{}, "csv, row 1, byte 0: the file ends before a row that names the columns", true},
		{"blank lines only", "\n\r\n", sources.CSV{}, "csv, row 3, byte 3: the file ends before a row that names the columns", true},
		{"all skipped", "a\nb\n", sources.CSV{SkipLines: 3}, "csv, row 3, byte 4: the file ends within the lines to skip", true},
		{"another delimiter", "id;name\n1;a\n", sources.CSV{}, `csv, row 1, byte 0: the row that names the columns is one name, "id;name": write delimiter: ";"`, false},
		{"tabs", "id\tname\n1\ta\n", sources.CSV{}, `write delimiter: "\t"`, false},
		{"commas", "id,name;x,y\n1,a\n", sources.CSV{Delimiter: '|'}, `write delimiter: ","`, false},
		{"the delimiter is a line for Excel's", "sep=\"\na\n", sources.CSV{}, "row 1, byte 0: delimiter and quote are both", false},
		{"delimiter is the quote", "", sources.CSV{Delimiter: '"'}, `csv: delimiter and quote are both "\"": write two characters`, false},
		{"delimiter is a line end", "", sources.CSV{Delimiter: '\n'}, `csv: delimiter: '\n' cannot be one`, false},
		{"many columns", strings.Repeat("a,", 1<<16) + "a\n", sources.CSV{}, "has more than 65536 fields", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readAll(c.text, c.o, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if fault := new(file.Error); !errors.As(err, &fault) || fault.Format != sources.FormatCSV {
				t.Errorf("%v is no *file.Error", err)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) != c.early {
				t.Errorf("%v: is io.ErrUnexpectedEOF: %t, want %t", err, !c.early, c.early)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct{ schema, fields, want string }{
		{`{"type":"integer"}`, `5|-0|12345678901234567890123|1.50|1e5|"7"`, `5 -0 12345678901234567890123 1.50 1e5 7`},
		{`{"type":"number"}`, `+5|007|1,5| 5|.5|5.|1e|NaN|0x1|-|--1|`, `"+5" "007" "1,5" "·5" ".5" "5." "1e" "NaN" "0x1" "-" "--1" ""`},
		{`{"type":["null","number"]}`, `|""|0.10`, `null null 0.10`},
		{`{"type":"boolean"}`, `true|TRUE|True|false|FALSE|False|1|0|tRUE|yes|`, `true true true false false false "1" "0" "tRUE" "yes" ""`},
		{`{"anyOf":[{"type":"null"},{"type":"boolean"}]}`, `|true`, `null true`},
		{`{"oneOf":[{"type":"integer"},{"type":"boolean"}]}`, `5|true|x`, `5 true "x"`},
		{`{"type":["null","string"]}`, `|""|5`, `"" "" "5"`},
		{`{"type":["integer","string"]}`, `5|x`, `"5" "x"`},
		{`{}`, `5|true|`, `"5" "true" ""`},
		{`true`, `5`, `"5"`},
		{`{"enum":[5]}`, `5`, `"5"`},
		{`{"type":["null","string"],"format":"date-time"}`, `2024-01-02T03:04:05Z|`, `"2024-01-02T03:04:05Z" ""`},
		{`{"$ref":"#/definitions/n"}`, `5|`, `5 null`},
		{`{"$ref":"#/$defs/n"}`, `5`, `5`},
		{`{"$ref":"#/definitions/loop"}`, `5`, `"5"`},
		{`{"$ref":"https://example.com/n"}`, `5`, `"5"`},
		{`{"allOf":[{"$ref":"#/definitions/n"},{"type":"integer"}]}`, `5|`, `5 ""`},
		{`{"type":"object"}`, "\"{ \"\"a\"\" :\n[1.0] }\"|{\\|[1]|5|", `{"a":[1.0]} "{\\" "[1]" "5" ""`},
		{`{"type":["array","null"]}`, ` [1, 2 ]|[|{}||null`, `[1,2] "[" "{}" null "null"`},
		{`{"type":"object"}`, `"{""a"":""\u00e9\n""}"`, `{"a":"\u00e9\n"}`},
	} {
		schema := `{"properties":{"a":` + c.schema + `},"definitions":{"n":{"type":["null","integer"]},"loop":{"$ref":"#/definitions/loop"}},"$defs":{"n":{"type":"integer"}}}`
		var text strings.Builder
		text.WriteString("a|b\n")
		for _, field := range strings.Split(c.fields, "|") {
			text.WriteString(field + "|x\n")
		}
		got, err := readAll(text.String(), sources.CSV{Delimiter: '|'}, schema)
		got = strings.NewReplacer(" ", "·", `{"a":`, "", `,"b":"x"}`+"\n", " ").Replace(got)
		want := strings.ReplaceAll(c.want, `{"a":`, "") // of a column that is an object
		if err != nil || strings.TrimSuffix(got, " ") != want {
			t.Errorf("%s of %q:\ngot  %s, %v\nwant %s", c.schema, c.fields, got, err, want)
		}
	}
}

// TestTypesOfRecord shows where a record's schema may speak of its columns.
func TestTypesOfRecord(t *testing.T) {
	for _, schema := range []string{
		`{"additionalProperties":{"type":"integer"}}`,
		`{"allOf":[{"properties":{"a":{"type":"integer"}}},{"required":["a"]}]}`,
		`{"$ref":"#/definitions/r","definitions":{"r":{"properties":{"a":{"type":"integer"}}}}}`,
	} {
		got, err := readAll("a\n5\n", sources.CSV{}, schema)
		if want := `{"a":5}` + "\n"; err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", schema, got, err, want)
		}
	}
	if _, err := readAll("a\n5\n", sources.CSV{}, `{"properties":[]}`); err == nil {
		t.Error("a schema whose properties are a list is none, got no error")
	}
}

func TestNoAllocationPerRecord(t *testing.T) {
	text := orders(1 << 20)
	records, err := open(text, sources.CSV{NullValues: []string{"open"}}, ordersSchema)
	if err != nil {
		t.Fatal(err)
	}
	decodetest.NoAllocation(t, records, 5000)
}

func TestClose(t *testing.T) {
	records, err := open("a,b\n1,2\n", sources.CSV{}, "")
	if err != nil {
		t.Fatal(err)
	}
	records.Close()
	if _, err := records.Next(nil); err == nil || err == io.EOF {
		t.Errorf("Next after Close: %v, want an error", err)
	}
}

// TestAppends shows that Next keeps what stands in dst.
func TestAppends(t *testing.T) {
	records, err := open("a,b\n1,2\n", sources.CSV{}, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := records.Next(slices.Clip([]byte("[")))
	if want := `[{"a":"1","b":"2"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for range 2 {
		if _, err := records.Next(nil); err != io.EOF {
			t.Errorf("behind the last: %v, want io.EOF", err)
		}
	}
}
