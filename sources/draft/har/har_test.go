package har_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/har"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
)

// entry is an exchange as a HAR file has it.
func entry(method, url, body, status, answer string) string {
	return typed("application/json", method, url, body, status, answer)
}

func typed(contentType, method, url, body, status, answer string) string {
	post := ""
	if body != "" {
		post = fmt.Sprintf(`,"postData":{"mimeType":"application/json","text":%q}`, body)
	}
	return fmt.Sprintf(`{"request":{"method":%q,"url":%q,"headers":[{"name":":path","value":"/"},{"name":"X-A","value":"1"}]%s},"response":{"status":%s,"headers":[],"content":{"mimeType":%q,"text":%q}}}`,
		method, url, post, status, contentType, answer)
}

func file(entries ...string) []byte {
	return []byte("\ufeff" + `{"log": {"version": "1.2", "entries": [` + strings.Join(entries, ",") + `]}}`)
}

func TestParse(t *testing.T) {
	const list = `{"data":[{"id":1},{"id":2}]}`
	tests := []struct {
		name    string
		entries []string
		want    string // METHOD URL of the first call, calls, what is known
		left    int
	}{
		{"the first page is the one with the lowest number, not the one that came first", []string{
			entry("GET", "https://a.test/x?page=3&q=1", "", "200", list), entry("GET", "https://a.test/x?page=2&q=1", "", "200", list),
		}, "GET https://a.test/x?page=2&q=1 2 [page[3 2]]", 0},
		{"the call without a token is the first", []string{
			entry("GET", "https://a.test/x?cursor=abc", "", "200", list), entry("GET", "https://a.test/x", "", "200", list),
		}, "GET https://a.test/x 2 [cursor[abc]]", 0},
		{"several differences are no page", []string{
			entry("GET", "https://a.test/x?a=1&b=1", "", "200", list), entry("GET", "https://a.test/x?a=2&b=2", "", "200", list),
		}, "GET https://a.test/x?a=1&b=1 2 []", 0},
		{"what gets around caches is no difference", []string{
			entry("GET", "https://a.test/x?_=11", "", "200", list), entry("GET", "https://a.test/x?_=12&page=2", "", "200", list),
		}, "GET https://a.test/x?_=11 2 [page[2]]", 0},
		{"in a body", []string{
			entry("POST", "https://a.test/x", `{"at":{"page":0}}`, "200", list), entry("POST", "https://a.test/x", `{"at":{"page":1}}`, "200", list),
		}, "POST https://a.test/x 2 [at.page[0 1]]", 0},
		{"queries of GraphQL at one address are several", []string{
			entry("POST", "https://a.test/g", `{"query":"{a}"}`, "200", list), entry("POST", "https://a.test/g", `{"query":"{b}"}`, "200", list),
		}, "POST https://a.test/g 1 []\nPOST https://a.test/g 1 []", 0},
		{"XML and CSV, as their types say", []string{
			typed("application/xml; charset=utf-8", "GET", "https://a.test/x", "", "200", `<x><y id="1"/><y id="2"/></x>`), typed("text/csv", "GET", "https://a.test/c", "", "200", "id,n\n1,2\n"),
			typed("text/css", "GET", "https://a.test/css", "", "200", "a, b {\n}\n"), typed("image/svg+xml", "GET", "https://a.test/svg", "", "200", `<svg><g/><g/></svg>`), typed("text/html", "GET", "https://a.test/page", "", "200", `<html><p/><p/></html>`),
		}, "GET https://a.test/x 1 []\nGET https://a.test/c 1 []", 0},
		{"what is no list is left alone", []string{
			entry("GET", "https://a.test/me", "", "200", `{"id":1}`), entry("GET", "https://a.test/x.js", "", "200", "var a"), entry("OPTIONS", "https://a.test/x", "", "204", ""),
			entry("GET", "https://a.test/x", "", "500", list), entry("DELETE", "https://a.test/x", "", "200", list), entry("GET", "data:text/plain,x", "", "200", list),
		}, "", 0},
		{"answers without their text are told of", []string{entry("GET", "https://a.test/x", "", "200", "")}, "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := file(test.entries...)
			all, left, err := har.Parse(text)
			if err != nil || !har.LooksLike(text) {
				t.Fatalf("%v, looks like one: %v", err, har.LooksLike(text))
			}
			var got []string
			for _, c := range all {
				known := []string{}
				for _, k := range c.Known {
					known = append(known, fmt.Sprint(k.Name, k.Values))
				}
				got = append(got, fmt.Sprintf("%s %s %d %v", c.First.Method, c.First.Address(), c.Calls, known))
				if _, has := c.First.Header("X-A"); !has || len(c.First.Headers) > 2 {
					t.Errorf("headers %v", c.First.Headers)
				}
			}
			if strings.Join(got, "\n") != test.want || len(left) != test.left {
				t.Errorf("got %q and left %q, want %q and %d", got, left, test.want, test.left)
			}
		})
	}
	if _, _, err := har.Parse([]byte(`{"log": {"entries": [`)); err == nil || !strings.Contains(err.Error(), "the HAR file is no JSON") {
		t.Errorf("error %v", err)
	}
}

// FuzzParse reads any file, and writes definitions of the collections that it shows.
func FuzzParse(f *testing.F) {
	f.Add(file(entry("GET", "https://a.test/{{x?page=1&token=s3cretvalue", "", "200", `{"data":[{"id":1},{"id":2}],"next":"x?page=2"}`),
		entry("GET", "https://a.test/{{x?page=2&token=s3cretvalue", "", "200", `{"data":[{"id":3},{"id":4}]}`)))
	f.Add(file(entry("POST", "https://a.test/g", `{"query":"query($after: String){a{nodes{id}}}","variables":{"after":"x","first":2}}`, "200", `{"data":{"a":{"nodes":[{"id":1}],"pageInfo":{"endCursor":"c","hasNextPage":true}}}}`)))
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/"},"response":{"status":200,"content":{"text":"W3siYSI6MX1d","encoding":"base64"}}}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, _, err := har.Parse(text)
		if err != nil || len(text) > 50_000 {
			return
		}
		for _, c := range all[:min(len(all), 3)] {
			found, err := probe.Look(t.Context(), c.First, probe.Options{Tape: c.Tape, Name: "x", Known: c.Known})
			if err != nil {
				continue
			}
			described := found.Call.Describe()
			var d draft.Definition
			d.Root.Set("version", 1, "").Set("name", "x", "")
			call.AppendSettings(&d.Root, described.Settings)
			d.Root.Set("client", described.Client, "")
			stream := new(draft.Map).Set("name", "x", "")
			stream.Entries = slices.Concat(stream.Entries, described.Stream.Entries, found.Records, found.Fields, found.Paging)
			d.Root.Set("streams", []any{stream}, "")
			if _, err := definition.Parse("x.yaml", d.AppendYAML(nil)); err != nil {
				t.Errorf("%v in:\n%s", err, d.AppendYAML(nil))
			}
		}
	})
}
