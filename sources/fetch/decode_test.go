package fetch_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/klauspost/compress/gzip"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// members is an archive of files, by their names.
func members(t *testing.T, kind string, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	add := func(name, text string) {}
	end := func() error { return nil }
	switch kind {
	case "zip":
		z := zip.NewWriter(&b)
		end = z.Close
		add = func(name, text string) {
			w, createErr := z.Create(name)
			if err = createErr; err == nil {
				_, err = w.Write([]byte(text))
			}
		}
	case "tar":
		w := tar.NewWriter(&b)
		end = w.Close
		add = func(name, text string) {
			if err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err == nil {
				_, err = w.Write([]byte(text))
			}
		}
	}
	for i := 0; i < len(files) && err == nil; i += 2 {
		add(files[i], files[i+1])
	}
	if err == nil {
		err = end()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	rowsCSV  = "id,note\n1,a\n2,\"b,c\"\n3,d\n"
	rowsJSON = `[{"id":"1","note":"a"},{"id":"2","note":"b,c"},{"id":"3","note":"d"}]`
)

// TestDecode proves that the records of answers in other formats than JSON take the
// same path as others: whatever they are packed in, in memory, from a file, from the
// journal.
func TestDecode(t *testing.T) {
	jsonl := "{\"id\":\"1\",\"note\":\"a\"}\n{\"id\":\"2\",\"note\":\"b,c\"}\n{\"id\":\"3\",\"note\":\"d\"}\n"
	xml := `<?xml version="1.0"?><List><Row><id>1</id><note>a</note></Row><Row><id>2</id><note>b,c</note></Row><Row><id>3</id><note>d</note></Row></List>`
	for _, tt := range []struct{ name, stream, body, kind string }{
		{"csv", "decode: csv", rowsCSV, "text/csv"},
		{"csv with options", "decode: {format: csv, delimiter: \";\", header: [id, note], skip_lines: 1, comment: \"#\"}", "report\n# of today\n1;a\n2;b,c\n3;d\n", "text/csv"},
		{"csv in another charset", "decode: csv, charset: utf-16le", strings.Join(strings.Split(rowsCSV, ""), "\x00") + "\x00", "text/csv"},
		{"csv in gzip", "decode: {format: csv, unpack: [gzip]}", zipped(t, rowsCSV), ""},
		{"csv, unpack beside", "decode: csv, unpack: [gzip]", zipped(t, rowsCSV), ""},
		{"csv in zip", "decode: {format: csv, unpack: [{zip: \"*.csv\"}]}", members(t, "zip", "readme.txt", "no", "a.csv", "id,note\n1,a\n", "b.csv", "id,note\n2,\"b,c\"\n3,d\n"), ""},
		{"csv in tar in gzip", "decode: {format: csv, unpack: [gzip, tar]}", zipped(t, members(t, "tar", "a.csv", "id,note\n1,a\n", "b.csv", "id,note\n2,\"b,c\"\n3,d\n")), ""},
		{"csv in an envelope", "decode: {format: csv, unpack: [{path: d.report}, base64, gzip]}", fmt.Sprintf(`{"d":{"x":1,"report":%q}}`, b64(zipped(t, rowsCSV))), ""},
		{"jsonl", "decode: jsonl", jsonl, ""},
		{"xml", "decode: xml, records: List.Row", xml, "text/xml"},
		{"xml in another charset than it says", "decode: xml, records: List.Row, charset: utf-16le", strings.Join(strings.Split(strings.Replace(xml, "?>", " encoding=\"iso-8859-1\"?>", 1), ""), "\x00") + "\x00", "text/xml"},
		{"xml in zip", "decode: {format: xml, unpack: [zip]}, records: [\"@this\", List.Row]", members(t, "zip", "a.xml", xml), ""},
		{"json in gzip", "unpack: [gzip], records: data", zipped(t, `{"data":`+rowsJSON+`}`), ""},
		{"json in zip", "unpack: [zip], records: [\"@this\", data]", members(t, "zip", "a.json", `{"data":`+rowsJSON+`}`), ""},
		{"auto: csv", "decode: auto", rowsCSV, "text/csv"},
		{"auto: csv in gzip", "decode: auto", zipped(t, rowsCSV), ""},
		{"auto: csv in zip", "decode: auto", members(t, "zip", "a.csv", rowsCSV), ""},
		{"auto: jsonl", "decode: auto", jsonl, ""},
		{"auto: csv in gzip, several in zip", "decode: auto", members(t, "zip", "a.csv.gz", zipped(t, "id,note\n1,a\n"), "b.csv.gz", zipped(t, "id,note\n2,b\n3,c\n")), ""},
		{"auto: several in tar in gzip", "decode: auto", zipped(t, members(t, "tar", "a.csv", "id,note\n1,a\n", "b.csv", "id,note\n2,b\n3,c\n")), ""},
		{"auto: zip in zip", "decode: auto", members(t, "zip", "a.zip", members(t, "zip", "a.csv", "id,note\n1,a\n", "b.csv", "id,note\n2,b\n"), "b.zip", members(t, "zip", "c.csv", "id,note\n3,c\n")), ""},
		{"auto: json", "decode: auto", rowsJSON, "application/json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.stream
			if !strings.Contains(text, "records:") {
				text += `, records: "@this"`
			}
			stream := define(t, "", "path: /file, "+text)[0]
			api := &script{answers: []answer{{200, tt.body, http.Header{"Content-Type": {tt.kind}}}}}
			dir := t.TempDir()
			j := openJournal(t, dir)
			for _, what := range []string{"live", "recorded"} {
				r := newRig(t, stream, api)
				w := r.walk(stream, paging.Position{})
				record(t, w, j).Only = what == "recorded"
				if got := drain(t, w); got.err != nil || !slices.Equal(got.ids, []string{`"1"`, `"2"`, `"3"`}) {
					t.Errorf("%s: got %v and %v", what, got.ids, got.err)
				}
				if auto := strings.Contains(r.log.String(), "decode: auto takes the answer for"); auto != strings.HasPrefix(tt.name, "auto") {
					t.Errorf("%s: the log is %s", what, r.log.String())
				}
				j = reopened(t, dir, j)
			}
			if len(api.requests) != 1 || api.requests[0].Header.Get("Accept") != "*/*" && tt.kind != "" {
				t.Errorf("%d requests, which accept %q", len(api.requests), api.requests[0].Header.Get("Accept"))
			}
		})
	}
}

// TestUnpackUnderContentEncoding proves that a layer which stands in unpack need not be
// there where Content-Encoding named it: what was packed before it came to a store of
// files has one layer, and both names.
func TestUnpackUnderContentEncoding(t *testing.T) {
	const once = "is not there: Content-Encoding named it"
	for _, tt := range []struct{ name, stream, body, encoding, log string }{
		{"one layer", "decode: {format: csv, unpack: [gzip]}", zipped(t, rowsCSV), "gzip", once},
		{"one layer, by its old name", "decode: {format: csv, unpack: [gzip]}", zipped(t, rowsCSV), "X-Gzip", once},
		{"one layer of several", "decode: {format: csv, unpack: [gzip, tar]}", zipped(t, members(t, "tar", "a.csv", rowsCSV)), "gzip", once},
		{"auto", "decode: {format: auto, unpack: [gzip]}", zipped(t, rowsCSV), "gzip", once},
		{"two layers", "decode: {format: csv, unpack: [gzip]}", zipped(t, zipped(t, rowsCSV)), "gzip", ""},
		{"not named", "decode: {format: csv, unpack: [gzip]}", zipped(t, rowsCSV), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := define(t, "", `path: /file, records: "@this", `+tt.stream)[0]
			api := &script{answers: []answer{{200, tt.body, http.Header{"Content-Encoding": {tt.encoding}}}}}
			dir := t.TempDir()
			j := openJournal(t, dir)
			for _, what := range []string{"live", "recorded"} {
				r := newRig(t, stream, api)
				w := r.walk(stream, paging.Position{})
				record(t, w, j).Only = what == "recorded"
				if got := drain(t, w); got.err != nil || len(got.ids) != 3 {
					t.Errorf("%s: got %v and %v", what, got.ids, got.err)
				}
				if n := strings.Count(r.log.String(), once); n != strings.Count(tt.log, once) {
					t.Errorf("%s: %d times in the log: %s", what, n, r.log.String())
				}
				j = reopened(t, dir, j)
			}
		})
	}
}

// TestDecodeFails proves that an answer which is not what decode says is told of, and
// not asked for again and again.
func TestDecodeFails(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		answer       answer
		want         string
		calls        int
	}{
		{"a short row", "decode: csv", answer{200, "id,note\n1,a\n2\n", nil}, "row 3, byte 12: ", 2},
		{"a text for CSV", "decode: csv, primary_key: [id]", answer{200, "Report is not ready yet, try again later.\n", nil}, `no column "id"`, 2},
		{"a text for CSV, auto", "decode: auto, primary_key: [id]", answer{200, "Not ready, try again\n", http.Header{"Content-Type": {"text/csv"}}}, `no column "id"`, 2},
		{"no gzip", "decode: {format: csv, unpack: [gzip]}", answer{200, rowsCSV, nil}, "it begins with", 2},
		{"cut", "decode: {format: csv, unpack: [gzip]}", answer{200, zipped(t, rowsCSV)[:20], nil}, "gzip", 2},
		{"an error in JSON", "decode: csv", answer{400, `{"error":"no such report"}`, nil}, "400 Bad Request", 1},
		{"a page of HTML", "decode: auto", answer{200, "<!doctype html><html>log in</html>", nil}, "HTML", 2},
		{"HTML for CSV", "decode: csv", answer{200, "<!DOCTYPE html>\n<html>log in</html>\n", http.Header{"Content-Type": {"text/html"}}}, "HTML", 2},
		{"JSON for CSV", "decode: csv", answer{200, `{"error":"quota"}`, http.Header{"Content-Type": {"application/json"}}}, "JSON", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, "", `path: /file, records: "@this", `+tt.stream)[0]
				api := &script{answers: []answer{tt.answer}}
				got := newRig(t, stream, api).run(stream, paging.Position{})
				e := failure(t, got.err)
				if !strings.Contains(e.Error(), tt.want) || e.Class != fetch.Permanent || len(api.requests) != tt.calls {
					t.Errorf("got %v (%v) after %d calls, want %q after %d", e, e.Class, len(api.requests), tt.want, tt.calls)
				}
			})
		})
	}
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// TestLongFileSecrets: a long file that holds a secret is not kept, wherever and however
// that is written in it.
func TestLongFileSecrets(t *testing.T) {
	const secret = `s3cr3t"t0ken`
	filler := strings.Repeat("1,"+strings.Repeat("plain text of a row that says nothing ", 25)+"\n", body.Max/500)
	for _, tt := range []struct{ name, text string }{
		{"among plain rows", "id,note\n" + filler + "2,s3cr3t\"t0ken\n" + filler},
		{"quoted", "id,note\n" + filler + "2,\"s3cr3t\"\"t0ken\"\n" + filler},
		{"in a name", "id,\"s3cr3t\"\"t0ken\"\n" + filler},
		{"nowhere", "id,note\n" + filler},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := define(t, "", `path: /orders, records: "@this", decode: {format: csv, loose_quotes: true}`)[0]
			dir := testrig.Folder(t)
			j := openJournal(t, dir)
			w := newRig(t, stream, &script{answers: []answer{{status: 200, body: tt.text}}}, "token", secret).walk(stream, paging.Position{})
			record(t, w, j)
			got := drain(t, w)
			want := strings.Count(tt.text, "\n") - 1
			if got.err != nil || len(got.ids) != want || got.last.Recorded() != (tt.name == "nowhere") {
				t.Errorf("got %v, %d records of %d, recorded: %v", got.err, len(got.ids), want, got.last.Recorded())
			}
			checkEmpty(t, dir, "*.draft")
		})
	}
}
