package fetch_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

func fixture(t *testing.T, path string) string {
	t.Helper()
	text := testrig.Read(t, filepath.Join("decode", filepath.FromSlash(path)))
	return string(text)
}

func utf16(text, mark string) string {
	return mark + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
}

// wrongFiles are files, and what an error says of each that is read as something else.
func wrongFiles(t *testing.T) []wrongFile {
	jsonl := "{\"id\":\"1\",\"note\":\"a\"}\n{\"id\":\"2\",\"note\":\"b,c\"}\n"
	xml := `<?xml version="1.0"?><List><Row><id>1</id></Row><Row><id>2</id></Row></List>`
	return []wrongFile{
		{"csv", rowsCSV, "text/csv", "write decode: csv"},
		{"csv after a mark", "\ufeff" + rowsCSV, "", "write decode: csv"},
		{"csv of semicolons", "id;note\n1;a\n", "", "write delimiter|write decode: csv"},
		{"csv in Latin-1", "id,note\n1,caf\xe9\n", "", "charset"},
		{"csv in UTF-16", utf16(rowsCSV, "\xff\xfe"), "", "charset: utf-16le|write decode: csv|write decode: jsonl"},
		{"csv in UTF-16 without a mark", utf16(rowsCSV, ""), "", "charset: utf-16le|write decode: csv|write decode: jsonl"},
		{"csv with NUL", "id,note\n1,\x00\n", "", ""},
		{"json", `{"data":` + rowsJSON + `}`, "application/json", "JSON|write records"},
		{"json without a type", `{"data":` + rowsJSON + `}`, "", "JSON|write records"},
		{"an error in json", `{"error":"quota exceeded"}`, "", "quota exceeded"},
		{"jsonl", jsonl, "", "write decode: jsonl"},
		{"jsonl in UTF-16", utf16(jsonl, "\xff\xfe"), "", "charset: utf-16le|write decode: csv|write decode: jsonl"},
		{"xml", xml, "", "write decode: xml|write records: List.Row"},
		{"xml in UTF-16", utf16(xml, "\xff\xfe"), "", "UTF-16|write decode: xml"},
		{"html", "<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>", "", "HTML"},
		{"a piece of html", "<div>Session expired</div>", "text/html", "HTML"},
		{"text as html", "Service is down", "text/html", "Service is down"},
		{"text", "Service is down", "text/plain", "Service is down"},
		{"parquet", fixture(t, "parquet/testdata/tiny.parquet"), "", "write decode: parquet"},
		{"avro", fixture(t, "avro/testdata/small_null.avro"), "", "write decode: avro"},
		{"xlsx", workbook(t, "id,note", "1,a"), "", "write decode: xlsx"},
		{"protobuf", "\x06\x0a\x011\x12\x01a", "", ""},
		{"xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "", ".xls"},
		{"pdf", "%PDF-1.4\n%\xe2\xe3", "", "PDF"},
		{"gzip", zipped(t, rowsCSV), "", "write unpack: [gzip]"},
		{"a beginning of gzip", zipped(t, rowsCSV)[:20], "", "gzip"},
		{"zip", members(t, "zip", "a.csv", rowsCSV), "", "zip|a.csv"},
		{"tar", members(t, "tar", "a.csv", rowsCSV), "", "tar"},
		{"nothing", "", "", "empty"},
		{"blank lines", "\n\n", "", ""},
	}
}

type wrongFile struct{ name, text, kind, says string } // says: one of several texts, with | between

// TestMixedArchive proves that a member which is packed otherwise than others is told of
// by its name, and with how to leave it out.
func TestMixedArchive(t *testing.T) {
	mixed := members(t, "zip", "a.csv.gz", zipped(t, rowsCSV), "readme.txt", "no table")
	s := define(t, "", `path: /x, records: "@this", decode: {format: csv, unpack: [zip, gzip]}`)[0]
	synctest.Test(t, func(t *testing.T) {
		e := failure(t, newRig(t, s, &script{answers: []answer{says(200, mixed)}}).run(s, paging.Position{}).err)
		if want := `member "readme.txt", byte 0: it is not gzip: it begins with "no table": if other members are, name those, as {zip: "*.gz"}, else leave gzip out of unpack`; !strings.Contains(e.Error(), want) {
			t.Errorf("got %v, want %q", e, want)
		}
	})
}

// TestWrongFiles reads each file as each format and packing, and proves that what is
// wrong is told of: by what the definition says, and by what the file is.
func TestWrongFiles(t *testing.T) {
	folder := t.TempDir()
	testrig.Write(t, filepath.Join(folder, "a.proto"), "syntax = \"proto3\"; message Row { string id = 1; string note = 2; }")
	for _, how := range []struct {
		decode string
		reads  string // names of files
	}{
		{"decode: auto", "csv|csv after a mark|csv of semicolons|jsonl|parquet|avro|xlsx|gzip|zip|tar"},
		{"decode: json", ""},
		{"decode: jsonl", "json|json without a type|an error in json|jsonl|blank lines"},
		{"decode: csv", "csv|csv after a mark|text"},
		{"decode: xml, records: List.Row", "xml|xml in UTF-16"},
		{"decode: parquet", "parquet"},
		{"decode: avro", "avro"},
		{"decode: xlsx", "xlsx"},
		{"decode: {format: protobuf, message: Row, proto: a.proto}", "protobuf"},
		{"decode: {format: csv, unpack: [gzip]}", "gzip"},
		{"decode: {format: csv, unpack: [zip]}", "zip"},
		{"decode: {format: jsonl, unpack: [zip]}", ""},
		{"decode: {format: csv, unpack: [tar]}", "tar"},
		{"decode: {format: csv, unpack: [zstd]}", ""},
		{"decode: {format: csv, unpack: [bz2]}", ""},
		{"decode: {format: csv, unpack: [xz]}", ""},
		{"decode: {format: csv, unpack: [base64]}", ""},
		{"decode: {format: csv, unpack: [{path: d.x}]}", ""},
		{"decode: csv, charset: utf-16le", "csv in UTF-16|csv in UTF-16 without a mark|csv with NUL|blank lines"},
		{"decode: jsonl, charset: utf-16le", "jsonl in UTF-16"},
	} {
		reads := strings.Split(how.reads, "|")
		for _, f := range wrongFiles(t) {
			t.Run(how.decode+", "+f.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					text := how.decode
					if !strings.Contains(text, "records:") {
						text += `, records: "@this"`
					}
					d, err := definition.Parse(filepath.Join(folder, "test.yaml"), []byte("{version: 1, name: test, client: {base_url: \"http://api.test\"}, streams: [{name: s0, path: /file, "+text+"}]}"))
					if err != nil {
						t.Fatal(err)
					}
					api := &script{answers: []answer{{200, f.text, http.Header{"Content-Type": {f.kind}}}}}
					got := newRig(t, d.Streams[0], api).run(d.Streams[0], paging.Position{})
					t.Log(got.err)
					if read := slices.Contains(reads, f.name); read != (got.err == nil) {
						t.Errorf("is it read? got %v, want %v", got.err, read)
					}
					if got.err != nil && !slices.ContainsFunc(strings.Split(f.says, "|"), func(one string) bool { return strings.Contains(got.err.Error(), one) }) &&
						!strings.Contains(got.err.Error(), "charset: utf-16le: the answer ") {
						t.Errorf("got %v\nwant %q", got.err, f.says)
					}
				})
			})
		}
	}
}
