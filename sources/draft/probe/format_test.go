package probe_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/testrig"
)

// typed answers everything with one body of one type.
type typed struct{ contentType, body string }

func (a typed) RoundTrip(r *http.Request) (*http.Response, error) {
	return testrig.Answer(r, 200, a.body, "Content-Type", a.contentType), nil
}

// wide is a text in UTF-16.
func wide(text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // into memory
	w.Close()
	return b.String()
}

// TestLookAtFormats: what an answer is that is no JSON, and where its records are, is found
// out; what is decided without proof is said.
func TestLookAtFormats(t *testing.T) {
	const onePage = "? pagination: {type: page, param: page}\n"
	tests := []struct {
		name    string
		api     typed
		want    string
		guesses string // a part of each
	}{
		{"CSV", typed{"text/csv", "id;name\n1;x\n2;y\n"}, "decode: {format: csv, delimiter: \";\"}\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"CSV in another charset", typed{"text/csv; charset=ISO-8859-1", "id,name\n1,\xe4\n2,\xf6\n"}, "decode: csv\ncharset: iso-8859-1\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"CSV whose header names a charset that it is not in", typed{"text/csv; charset=utf-16le", "id,name\n1,\u00e4\n2,\u00f6\n"}, "decode: csv\nprimary_key: [id]\n" + onePage, "charset: Content-Type names utf-16le|pagination: one page"},
		{"CSV in UTF-8 whose header names another charset", typed{"text/csv; charset=ISO-8859-1", "id,name\n1,\u00e4\n2,\u00f6\n"}, "decode: csv\nprimary_key: [id]\n" + onePage, "charset: Content-Type names iso-8859-1|pagination: one page"},
		{"CSV in UTF-16", typed{"text/csv", "\xff\xfe" + wide("id,name\n1,\u00e4\n2,\u00f6\n")}, "decode: csv\ncharset: utf-16le\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"CSV in UTF-16 that nothing names", typed{"", "\xff\xfe" + wide("id,name\n1,\u00e4\n2,\u00f6\n")}, "decode: csv\ncharset: utf-16le\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"CSV in UTF-16 without a mark, as its header says", typed{"text/csv; charset=UTF-16LE", wide("id,name\n1,\u00e4\n2,\u00f6\n")}, "decode: csv\ncharset: utf-16le\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"JSON in UTF-16", typed{"application/json", "\xff\xfe" + wide("[{\"id\":1,\"n\":\"\u00e4\"},{\"id\":2,\"n\":\"\"}]")}, "charset: utf-16le\nrecords: \"@this\"\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"JSON in UTF-16 that nothing names", typed{"", wide("{\"data\":[{\"id\":1},{\"id\":2}]}")}, "charset: utf-16le\nrecords: data\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"JSON in another charset", typed{"application/json; charset=ISO-8859-1", "{\"data\":[{\"id\":1,\"n\":\"\xe4\"},{\"id\":2,\"n\":\"\"}]}"}, "charset: iso-8859-1\nrecords: data\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"JSON that is no UTF-8", typed{"application/json", "{\"data\":[{\"id\":1,\"n\":\"\xe4\"}]}"}, "? charset: windows-1252\nrecords: data\n? primary_key: [id]\n" + onePage, "charset: the answer is JSON, but not UTF-8|pagination: one page|primary_key"},
		{"JSON in UTF-8 whose header names another charset", typed{"application/json; charset=ISO-8859-1", "{\"data\":[{\"id\":1,\"n\":\"\u00e4\"},{\"id\":2}]}"}, "records: data\nprimary_key: [id]\n" + onePage, "charset: Content-Type names iso-8859-1, but|pagination: one page"},
		{"XML whose header alone names its charset", typed{"application/xml; charset=ISO-8859-1", "<orders><order id=\"1\"><n>\xe4</n></order><order id=\"2\"><n>\xf6</n></order></orders>"}, "decode: xml\ncharset: iso-8859-1\nrecords: orders.order\nprimary_key: [\"@id\"]\n" + onePage, "pagination: one page"},
		{"XML whose declaration names another charset than it is in", typed{"application/xml; charset=ISO-8859-1", "<?xml version=\"1.0\" encoding=\"utf-8\"?><orders><order id=\"1\"><n>\xe4</n></order><order id=\"2\"/></orders>"}, "decode: xml\ncharset: iso-8859-1\nrecords: orders.order\nprimary_key: [\"@id\"]\n" + onePage, "pagination: one page"},
		{"XML in UTF-16", typed{"application/xml", "\xff\xfe" + wide("<?xml version=\"1.0\" encoding=\"utf-16\"?><orders><order id=\"1\"/><order id=\"2\"/></orders>")}, "decode: xml\nrecords: orders.order\nprimary_key: [\"@id\"]\n" + onePage, "pagination: one page"},
		{"packed CSV", typed{"application/octet-stream", zipped("id,name\n1,x\n2,y\n")}, "decode: {format: csv, unpack: [gzip]}\nprimary_key: [id]\n" + onePage, "pagination: one page"},
		{"CSV without a row that names the columns", typed{"text/csv", "1,x,2024-05-01T00:00:00Z\n2,y,2024-05-02T00:00:00Z\n"}, "decode: csv\n? primary_key: [\"…\"]\n" + onePage, "decode: the first row|primary_key|pagination: one page"},
		{"CSV without a row", typed{"text/csv", "id,name\n"}, "decode: csv\n" + onePage, "no record came"},
		{"a sentence with a comma", typed{"text/plain", "Sorry, not today"}, "decode: csv\n" + onePage, "decode: the text is taken for CSV|no record came"},
		{"a sentence", typed{"text/plain", "not today"}, "decode: auto\n", "what the answer is: its records, key and paging were not looked for (auto: nothing says what it is"},
		{"a PDF", typed{"application/pdf", "%PDF-1.7\n"}, "decode: auto\n", "a PDF"},
		{"one line of JSON lines", typed{"application/x-ndjson", "{\"id\":1}\n"}, "decode: jsonl\n? primary_key: [id]\n" + onePage, "primary_key|pagination: one page"},
		{"XML", typed{"application/xml", "<orders><order id=\"1\"/><order id=\"2\"/></orders>"}, "decode: xml\nrecords: orders.order\nprimary_key: [\"@id\"]\n" + onePage, "pagination: one page"},
		{"XML with one record of a list", typed{"application/xml", "<orders><order id=\"1\"><n>2</n></order><pages>1</pages></orders>"}, "decode: xml\nrecords: orders.order\n? primary_key: [\"@id\"]\n" + onePage,
			"records: orders.order is one of 2|primary_key|pagination: one page"},
		{"XML of one record", typed{"application/xml", "<order id=\"1\"><n>2</n></order>"}, "decode: xml\nrecords: order\nsingle: true\n", ""},
		{"XML without a record", typed{"application/xml", "<orders total=\"0\"/>"}, "decode: xml\n? records: \"…\"\n", "where the records are"},
		{"RSS", typed{"application/rss+xml", "<rss version=\"2.0\"><channel><title>t</title><item><guid>a</guid></item><item><guid>b</guid></item></channel></rss>"}, "decode: xml\nrecords: rss.channel.item\nprimary_key: [guid]\n" + onePage, "pagination: one page"},
		{"Atom", typed{"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/x"/><link rel="next" href="/x?page=2"/><entry><id>a</id></entry><entry><id>b</id></entry></feed>`},
			"decode: xml\nrecords: feed.entry\nprimary_key: [id]\n? pagination: {type: next_url, next: 'feed.link.#(\\@rel==\"next\").\\@href'}\n", "pagination: next_url"},
		{"S3", typed{"application/xml", `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>abc</NextContinuationToken><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></ListBucketResult>`},
			"decode: xml\nrecords: ListBucketResult.Contents\n? primary_key: [Key]\n? pagination: {type: cursor, next: ListBucketResult.NextContinuationToken, param: continuationToken}\n", "primary_key|pagination: cursor"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := look(t, test.api, probe.Options{}, "http://a.test/orders")
			if err != nil {
				t.Fatal(err)
			}
			wantFound(t, f, test.want, test.guesses)
		})
	}
}

// TestLookAtUnread: what is said of an answer that could not be read does not contradict what
// it was taken for, and is what a run says of it.
func TestLookAtUnread(t *testing.T) {
	tests := []struct {
		name    string
		api     typed
		want    string // in the note of decode
		without string
	}{
		{"XML that ends too early", typed{"application/xml", "<?xml version=\"1.0\"?><a><b>"}, "xml, ", "the file is"},
		{"XML with a control character", typed{"application/xml", "<a><b>x, y&#27;</b></a>"}, "xml, ", "the file is"},
		{"XML with a control character that nothing names", typed{"", "<a><b>x, y&#27;</b></a>"}, "xml, ", "the file is"},
		{"JSON lines of lists", typed{"application/x-ndjson", "[1,2]\n[3,4]\n"}, "jsonl, ", "the file is"},
		{"CSV that is called JSON", typed{"application/json", "id,name\n1,x\n2,y\n"}, "the answer is no JSON and looks like CSV: write decode: csv", ""},
		{"JSON with NaN", typed{"application/json", `[{"id":1,"n":NaN}]`}, "since it has NaN for a number: write nan: null", ""},
		{"nothing", typed{"application/json", ""}, "the answer is empty", "write decode"},
		{"blank lines", typed{"text/plain", " \n"}, "the answer is empty", "write decode"},
		{"JSON that ends too early", typed{"application/json", `[{"id":1},`}, "no whole JSON text", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := look(t, test.api, probe.Options{}, "http://a.test/x")
			if err != nil || len(f.Records) == 0 || f.Records[0].Key != "decode" {
				t.Fatalf("%v: %+v", err, f)
			}
			note := f.Records[0].Note
			if !strings.Contains(note, test.want) || test.without != "" && strings.Contains(note, test.without) {
				t.Errorf("got %q, want %q in it, and not %q", note, test.want, test.without)
			}
		})
	}
}

// TestLookAtPages: a page of HTML is one whatever its header says, and CSV is data where its
// header says that it is a page.
func TestLookAtPages(t *testing.T) {
	for _, api := range []typed{{"text/plain", "<!DOCTYPE html><html>"}, {"text/html", "<p>no</p>"}, {"text/html", "no"}, {"application/xml", "<html><body/></html>"}} {
		if _, err := look(t, api, probe.Options{}, "http://a.test/x"); err == nil || !strings.Contains(err.Error(), "a page of HTML, and no data") {
			t.Errorf("%s: error %v", api.body, err)
		}
	}
	if f, err := look(t, typed{"text/html; charset=utf-8", "id,name\n1,x\n2,y\n"}, probe.Options{}, "http://a.test/x"); err != nil || !strings.HasPrefix(shown(f), "decode: csv\n") {
		t.Errorf("CSV that is called HTML: %v", err)
	}
}

// TestLookAtElementsThatComeOnce: an element that comes once here and more often there is told of.
func TestLookAtElementsThatComeOnce(t *testing.T) {
	f, err := look(t, typed{"application/xml", `<orders><order id="1"><tag>a</tag><n/></order><order id="2"><tag>a</tag><tag>b</tag><n>1</n></order></orders>`}, probe.Options{}, "http://a.test/orders")
	if err != nil || len(f.Remarks) != 1 || !strings.HasPrefix(f.Remarks[0], "field tag: ") {
		t.Errorf("%v: remarks %q", err, f.Remarks)
	}
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "Fields are text") {
		t.Errorf("notes %q", f.Notes)
	}
}
