package firstdraft

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/styles"
)

// written is an API that writes what another one answers in another format.
type written struct {
	api         http.RoundTripper
	contentType string
	write       func(answer gjson.Result) []byte
}

func (w written) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.api.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	text = w.write(gjson.ParseBytes(text))
	answer.Header.Del("Content-Length")
	answer.Header.Set("Content-Type", w.contentType)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return answer, nil
}

// orderFields are those that the formats below have of an order.
var orderFields = []string{"id", "status", "created_at", "updated_at"}

// asCSV writes records as rows with a delimiter.
func asCSV(delimiter string) func(gjson.Result) []byte {
	return func(answer gjson.Result) []byte {
		text := strings.Join(orderFields, delimiter) + "\r\n"
		for _, record := range answer.Array() {
			var row []string
			for _, field := range orderFields {
				row = append(row, record.Get(field).String())
			}
			text += strings.Join(row, delimiter) + "\r\n"
		}
		return []byte(text)
	}
}

// asLines writes records as lines of JSON.
func asLines(answer gjson.Result) []byte {
	var text []byte
	for _, record := range answer.Array() {
		text = append(append(text, record.Raw...), '\n')
	}
	return text
}

// asXML writes records as elements, with what else the answer has beside them; where an
// element is named within, an element around them.
func asXML(within string) func(gjson.Result) []byte {
	return func(answer gjson.Result) []byte {
		text := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<response>\n"
		answer.ForEach(func(name, v gjson.Result) bool {
			switch {
			case name.Str == "data":
				if within != "" {
					text += "<" + within + ">\n"
				}
				for _, record := range v.Array() {
					text += fmt.Sprintf(`<order id="%s">`, record.Get("id"))
					for _, field := range orderFields[1:] {
						text += "<" + field + ">" + record.Get(field).String() + "</" + field + ">"
					}
					text += "</order>\n"
				}
				if within != "" {
					text += "</" + within + ">\n"
				}
			case v.IsObject():
				v.ForEach(func(name, v gjson.Result) bool {
					text += fmt.Sprintf("<%s>%s</%[1]s>\n", name.Str, v)
					return true
				})
			default:
				text += fmt.Sprintf("<%s>%s</%[1]s>\n", name.Str, strings.ReplaceAll(v.String(), "&", "&amp;"))
			}
			return true
		})
		return []byte(text + "</response>\n")
	}
}

// TestInitFormats draws up definitions of APIs whose answers are no JSON, with the same
// calls and the same evidence, and reads them out.
func TestInitFormats(t *testing.T) {
	const rows = 230
	orders := func(style apitest.Style, bare, total bool) apitest.Collection {
		c := apitest.Orders(rows)
		c.Style, c.Size, c.Max, c.Total, c.Form = style, 50, 100, total, apitest.Form{Bare: bare}
		return c
	}
	tests := []struct {
		name        string
		collection  apitest.Collection
		contentType string
		write       func(gjson.Result) []byte
		line        string
		want        map[string]string
		guess       string // what is said to be one
	}{
		{"CSV by pages, which its type does not name", orders(apitest.Page, true, false), "text/plain; charset=utf-8", asCSV(","), "http://api.test/orders?page=1",
			map[string]string{"decode": "csv", "primary_key": "[id]", "pagination": "{type: page, param: page, size_param: limit, size: 100}"}, ""},
		{"CSV with semicolons and a total in a header", orders(apitest.Offset, true, true), "text/csv", asCSV(";"), "http://api.test/orders",
			map[string]string{"decode": `{format: csv, delimiter: ";"}`, "primary_key": "[id]", "pagination": `{type: offset, param: offset, total: "header:X-Total-Count", size_param: limit, size: 100}`}, ""},
		{"TSV by links", orders(apitest.Link, true, false), "text/tab-separated-values", asCSV("\t"), "http://api.test/orders?per_page=20",
			map[string]string{"decode": `{format: csv, delimiter: "\t"}`, "primary_key": "[id]", "pagination": "{type: link_header}"}, ""},
		{"JSON lines by a cursor in a header", orders(apitest.Cursor, true, false), "application/x-ndjson", asLines, "http://api.test/orders?limit=20",
			map[string]string{"decode": "jsonl", "primary_key": "[id]", "pagination": `{type: cursor, next: "header:X-Next-Page", param: cursor, size_param: limit, size: 100}`}, ""},
		{"JSON lines that are called JSON", orders(apitest.Keyset, true, false), "application/json", asLines, "http://api.test/orders?limit=20",
			map[string]string{"decode": "jsonl", "primary_key": "[id]", "pagination": "{type: keyset, field: id, param: after, size_param: limit, size: 100}", "errors": `? [{status: 200, when: "{{ response is undefined }}", do: end}]`}, "errors"},
		{"JSON lines by pages, nothing behind the last", orders(apitest.Page, true, false), "application/x-ndjson", asLines, "http://api.test/orders?page=1",
			map[string]string{"decode": "jsonl", "primary_key": "[id]", "pagination": "{type: page, param: page, size_param: limit, size: 100}", "errors": `[{status: 200, when: "{{ response is undefined }}", do: end}]`}, ""},
		{"XML by pages", orders(apitest.Page, false, true), "application/xml", asXML(""), "http://api.test/orders?page=1",
			map[string]string{"decode": "xml", "records": "response.order", "primary_key": `["@id"]`, "pagination": "{type: page, param: page, total: response.total, size_param: limit, size: 100}"}, ""},
		{"XML by a cursor, in an element around the records", orders(apitest.Cursor, false, false), "text/xml; charset=utf-8", asXML("orders"), "http://api.test/orders",
			map[string]string{"decode": "xml", "records": "response.orders.order", "primary_key": `["@id"]`, "pagination": "{type: cursor, next: response.next_page, param: cursor, size_param: limit, size: 100}"}, ""},
		{"XML by the URL of the next page", orders(apitest.NextURL, false, false), "application/vnd.shop+xml", asXML("orders"), "http://api.test/orders",
			map[string]string{"decode": "xml", "records": "response.orders.order", "primary_key": `["@id"]`, "pagination": "{type: next_url, next: response.next}"}, ""},
		{"XML by an offset, of no type", orders(apitest.Offset, false, false), "application/octet-stream", asXML(""), "http://api.test/orders?offset=0&limit=20",
			map[string]string{"decode": "xml", "records": "response.order", "primary_key": `["@id"]`, "pagination": "{type: offset, param: offset, size_param: limit, size: 100, overlap: 1}"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := apitest.New(apitest.Seed(7)).Add(test.collection)
			in := written{api, test.contentType, test.write}
			got := drafted(t, readURL, test.line, in)
			if n := api.Count(); n > 8 {
				t.Errorf("%d calls, want 8 at most", n)
			}
			says := streamOf(got.draft, "orders")
			test.want["replication_key"] = "updated_at"
			for key, want := range test.want {
				if says[key] != want {
					t.Errorf("%s: %s, want %s", key, says[key], want)
				}
			}
			if guessed := strings.Contains(got.said, "guessed: "+test.guess); guessed != (test.guess != "") {
				t.Errorf("said %q, want the guess %q", got.said, test.guess)
			}
			if test.guess != "" { // a person takes the # away
				got.yaml = []byte(strings.Replace(string(got.yaml), "# "+test.guess+":", test.guess+":", 1))
			}
			records, log, err := runOf(t, got.yaml, got.in, in)
			slices.Sort(records)
			if err != nil || len(slices.Compact(records)) != rows || strings.Contains(log, "complete") {
				t.Errorf("a run read %d records: %v\n%s", len(records), err, log)
			}
			if t.Failed() {
				t.Logf("%d calls: %s", api.Count(), calls(api))
				t.Logf("%s", got.yaml)
			}
		})
	}
}

// TestInitFormatsOfCookbook: the line of curl of the cookbook's styles that are no JSON becomes
// a definition that reads them out.
func TestInitFormatsOfCookbook(t *testing.T) {
	mux := http.NewServeMux()
	styles.Mount(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	tried := 0
	for _, style := range styles.All() {
		if style.Name != "xml" && style.Name != "ndjson" {
			continue
		}
		tried++
		line := "curl " + strings.ReplaceAll(style.Curl, "BASE", server.URL)
		got := drafted(t, readCurl, line, http.DefaultTransport)
		records, _, err := runOf(t, got.yaml, got.in, http.DefaultTransport)
		slices.Sort(records)
		if n := len(slices.Compact(records)); err != nil || n != style.Records || strings.Contains(got.said, "guessed: records") {
			t.Errorf("%s: a run read %d records, want %d: %v\n%s%s", style.Name, n, style.Records, err, got.yaml, got.said)
		}
	}
	if tried != 2 {
		t.Errorf("%d styles were tried, want 2", tried)
	}
}
