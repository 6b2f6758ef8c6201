package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/report"
)

// harSchema has what HAR 1.2 requires of a document, and the types of what it
// allows; and pages, without which Firefox opens none.
const harSchema = `{
"definitions": {
 "pairs": {"type":"array","items":{"type":"object","required":["name","value"],"properties":{"name":{"type":"string"},"value":{"type":"string"}}}},
 "entry": {"type":"object","required":["startedDateTime","time","request","response","cache","timings"],"properties":{
  "startedDateTime":{"type":"string","format":"date-time"},"time":{"type":"number","minimum":0},"comment":{"type":"string"},"cache":{"type":"object"},
  "request":{"type":"object","required":["method","url","httpVersion","cookies","headers","queryString","headersSize","bodySize"],"properties":{
   "method":{"type":"string","minLength":1},"url":{"type":"string","format":"uri"},"httpVersion":{"type":"string"},"cookies":{"type":"array"},
   "headers":{"$ref":"#/definitions/pairs"},"queryString":{"$ref":"#/definitions/pairs"},"headersSize":{"type":"integer"},"bodySize":{"type":"integer"}}},
  "response":{"type":"object","required":["status","statusText","httpVersion","cookies","headers","content","redirectURL","headersSize","bodySize"],"properties":{
   "status":{"type":"integer"},"statusText":{"type":"string"},"httpVersion":{"type":"string"},"cookies":{"type":"array"},
   "headers":{"$ref":"#/definitions/pairs"},"redirectURL":{"type":"string"},"headersSize":{"type":"integer"},"bodySize":{"type":"integer"},
   "content":{"type":"object","required":["size","mimeType"],"properties":{"size":{"type":"integer"},"compression":{"type":"integer"},
    "mimeType":{"type":"string"},"text":{"type":"string"},"encoding":{"type":"string"}}}}},
  "timings":{"type":"object","required":["send","wait","receive"],"properties":{"send":{"type":"number"},"wait":{"type":"number"},"receive":{"type":"number"}}}
 }}},
"type":"object","required":["log"],"properties":{"log":{"type":"object","required":["version","creator","pages","entries"],"properties":{
 "version":{"enum":["1.2"]},"pages":{"type":"array","maxItems":0},"creator":{"type":"object","required":["name","version"]},"entries":{"type":"array","items":{"$ref":"#/definitions/entry"}}}}}}`

// june is when these exchanges were.
var june = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// harEntry is what these tests look at.
type harEntry struct {
	Started string `json:"startedDateTime"`
	Time    float64
	Comment string
	Kind    string `json:"_resourceType"`
	Request struct {
		Method, URL string
		QueryString []struct{ Name, Value string }
	}
	Response struct {
		Headers  []struct{ Name, Value string }
		BodySize int
		Transfer *int `json:"_transferSize"`
		Content  struct {
			Size                     int
			Compression              *int
			MimeType, Text, Encoding string
		}
	}
	Timings struct{ Wait float64 }
}

// exported writes exchanges, checks that they are a HAR, and reads them back.
func exported(t *testing.T, all ...*journal.Exchange) []harEntry {
	t.Helper()
	var out bytes.Buffer
	h, err := report.NewHAR(&out, `1.0 "x"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if err := h.Add(e, "orders"); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewStringLoader(harSchema), gojsonschema.NewBytesLoader(out.Bytes()))
	if err != nil {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	for _, e := range result.Errors() {
		t.Errorf("no HAR: %v", e)
	}
	var document struct{ Log struct{ Entries []harEntry } }
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document.Log.Entries
}

func TestHAR(t *testing.T) {
	answer := func(header http.Header, body string) *journal.Exchange {
		return &journal.Exchange{
			At: june.Add(1500 * time.Millisecond), Took: 250 * time.Millisecond, Request: "GET http://api.test/orders?key=***&q=a%26b+c&bad=%zz",
			Status: 200, Header: header, Body: []byte(body), Attempts: 3, Records: 2,
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(strings.Repeat(`{"é":1}`, 100)))
	z.Close()
	jsonType := []string{"application/json"}
	for _, tt := range []struct {
		name            string
		exchange        *journal.Exchange
		text            string
		encoding        string
		size, onTheWire int
		compressed      bool
	}{
		{"as it came", answer(http.Header{"Content-Type": jsonType}, `{"a":"<é>"}`), `{"a":"<é>"}`, "", 12, 12, true},
		{"encoded", answer(http.Header{"Content-Type": jsonType, "Content-Encoding": {"gzip"}}, packed.String()), strings.Repeat(`{"é":1}`, 100), "", 800, packed.Len(), true},
		{"not UTF-8", answer(nil, "a\xffb"), base64.StdEncoding.EncodeToString([]byte("a\xffb")), "base64", 3, 3, true},
		{"not what it says", answer(http.Header{"Content-Encoding": {"gzip"}}, "plain"), "plain", "", 5, 5, true},
		{"sealed", answer(http.Header{"Tap-Rest-Sealed": {"1"}, "X-Next": {"/a?k={secret-query:0}"}}, `{"next":"/a?k={secret-query:0}&{secret:1}"}`), `{"next":"/a?k=***&***"}`, "", 23, -1, false},
		{"empty", answer(nil, ""), "", "", 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entry := exported(t, tt.exchange)[0]
			content := entry.Response.Content
			if content.Text != tt.text || content.Encoding != tt.encoding || content.Size != tt.size || entry.Response.BodySize != tt.onTheWire {
				t.Errorf("got %+v and %d bytes on the wire, want %q, %q, %d and %d", content, entry.Response.BodySize, tt.text, tt.encoding, tt.size, tt.onTheWire)
			}
			if tt.compressed != (content.Compression != nil) || tt.compressed && *content.Compression != tt.size-tt.onTheWire {
				t.Errorf("got compression %v", content.Compression)
			}
			if tt.compressed != (entry.Response.Transfer != nil) || tt.compressed && *entry.Response.Transfer != tt.onTheWire {
				t.Errorf("got _transferSize %v", entry.Response.Transfer)
			}
			for _, h := range entry.Response.Headers {
				if strings.HasPrefix(h.Name, "Tap-Rest") || strings.Contains(h.Value, "{secret") {
					t.Errorf("got the header %v", h)
				}
			}
		})
	}
}

// TestHARRequest takes a request apart.
func TestHARRequest(t *testing.T) {
	e := &journal.Exchange{
		At: june.Add(1500 * time.Millisecond), Took: 250 * time.Millisecond, Request: "POST http://api.test/orders?key=***&q=a%26b+c&bad=%zz&flag",
		Status: 200, Header: http.Header{"Tap-Rest-Url": {"http://api.test/other?k={secret-query:0}"}}, Attempts: 3, Records: 2,
	}
	entries := exported(t, e, e)
	if len(entries) != 2 {
		t.Fatalf("got %d entries, want 2", len(entries))
	}
	entry := entries[1]
	if entry.Started != "2025-06-01T12:00:01.250Z" || entry.Time != 250 || entry.Timings.Wait != 250 {
		t.Errorf("got %s, %v, %v", entry.Started, entry.Time, entry.Timings)
	}
	if entry.Kind != "fetch" || entry.Request.Method != "POST" || entry.Request.URL != "http://api.test/orders?key=***&q=a%26b+c&bad=%zz&flag" {
		t.Errorf("got %+v", entry.Request)
	}
	want := []struct{ Name, Value string }{{"key", "***"}, {"q", "a&b c"}, {"bad", "%zz"}, {"flag", ""}}
	if got := entry.Request.QueryString; len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("got %v, want %v", got, want)
	}
	if want := "stream orders, 2 records, attempt 3, answered by http://api.test/other?k=***"; entry.Comment != want {
		t.Errorf("got %q, want %q", entry.Comment, want)
	}
}

// TestHAREmpty is an archive without an entry.
func TestHAREmpty(t *testing.T) { exported(t) }
