package har

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
)

// file is as much of a HAR file as is read.
type file struct {
	Log struct {
		Entries []struct {
			Request struct {
				Method   string
				URL      string
				Headers  []pair
				PostData struct{ MimeType, Text string }
			}
			Response struct {
				Status  int
				Headers []pair
				Content struct{ MimeType, Text, Encoding string }
			}
		}
	}
}

type pair struct{ Name, Value string }

// LooksLike reports whether a text is a HAR file.
func LooksLike(text []byte) bool {
	head := bytes.TrimSpace(bytes.TrimPrefix(text[:min(len(text), 4096)], []byte("\ufeff")))
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"log"`)) && bytes.Contains(text, []byte(`"entries"`))
}

// exchange is a call and its answer.
type exchange struct {
	call   *call.Call
	answer *probe.Answer
}

// Collection is a list that calls of the recording ask for.
type Collection struct {
	Host  string
	Path  string
	First *call.Call    // the call of the first page that was recorded
	Known []probe.Known // parameters in which further calls differ
	Tape  *probe.Tape   // answers all of them
	Calls int
}

// Parse reads a file. left says which of its exchanges are none of collections.
func Parse(text []byte) (all []Collection, left []string, err error) {
	var f file
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &f); err != nil {
		return nil, nil, fmt.Errorf("the HAR file is no JSON: %w", err)
	}
	groups, order := map[string][]exchange{}, []string{}
	empty := 0
	for _, e := range f.Log.Entries {
		c, ok := requestOf(e.Request.Method, e.Request.URL, e.Request.Headers, e.Request.PostData.MimeType, e.Request.PostData.Text)
		answer := answerOf(e.Response.Status, e.Response.Headers, e.Response.Content.MimeType, e.Response.Content.Text, e.Response.Content.Encoding)
		switch {
		case !ok || answer.Status != http.StatusOK:
			continue
		case len(answer.Body) == 0 && strings.Contains(e.Response.Content.MimeType, "json"):
			empty++
			continue
		case !probe.HasList(answer):
			continue
		}
		id := c.Method + " " + c.URL.Scheme + "://" + c.URL.Host + c.URL.EscapedPath() + " " + operation(c.Body)
		if groups[id] == nil {
			order = append(order, id)
		}
		groups[id] = append(groups[id], exchange{c, answer})
	}
	if empty > 0 {
		left = append(left, fmt.Sprintf("answers: %d have no text in the file; save it with content, while the network tab is open", empty))
	}
	for _, id := range order {
		all = append(all, collectionOf(groups[id]))
	}
	return all, left, nil
}

// requestOf is a call, if it is one that reads.
func requestOf(method, address string, headers []pair, kind, body string) (*call.Call, bool) {
	c, err := call.New(address)
	if err != nil || method != http.MethodGet && method != http.MethodPost {
		return nil, false
	}
	c.Method = method
	for _, h := range headers {
		if strings.HasPrefix(h.Name, ":") || !call.IsHeader(h.Name, h.Value) {
			continue
		}
		c.Headers = append(c.Headers, call.Pair{Name: h.Name, Value: h.Value})
	}
	if method == http.MethodPost && body != "" {
		c.Body = []byte(body)
		if _, has := c.Header("Content-Type"); !has && call.IsHeader("Content-Type", kind) && kind != "" {
			c.SetHeader("Content-Type", kind)
		}
	}
	return c, true
}

func answerOf(status int, headers []pair, kind, text, encoding string) *probe.Answer {
	a := &probe.Answer{Status: status, Header: http.Header{}, Body: []byte(text)}
	for _, h := range headers {
		a.Header.Add(h.Name, h.Value)
	}
	a.Header.Del("Content-Encoding") // the file has the text
	if a.Header.Get("Content-Type") == "" && call.IsHeader("Content-Type", kind) {
		a.Header.Set("Content-Type", kind)
	}
	if encoding == "base64" {
		if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
			a.Body = plain
		}
	}
	return a
}

// operation tells the queries of GraphQL at one address apart.
func operation(body []byte) string {
	if query := gjson.GetBytes(body, "query"); query.Type == gjson.String && gjson.ValidBytes(body) {
		return query.Str
	}
	return ""
}

// collectionOf makes a collection of the exchanges at one address.
func collectionOf(all []exchange) Collection {
	known := knownOf(all)
	first := slices.MinFunc(all, func(a, b exchange) int { return position(a.call, known) - position(b.call, known) })
	tape := probe.NewTape(nil, 0)
	for _, e := range all {
		if r, err := e.call.Request(context.Background()); err == nil {
			tape.Record(r, e.call.Body, e.answer)
		}
	}
	return Collection{Host: first.call.URL.Host, Path: first.call.URL.Path, First: first.call, Known: known, Tape: tape, Calls: len(all)}
}

// knownOf returns the parameters in which calls differ that are alike otherwise: those that
// set the page.
func knownOf(all []exchange) (known []probe.Known) {
	for _, e := range all[1:] {
		names := differing(all[0].call, e.call)
		if len(names) != 1 {
			continue // several differ: another filter, or another order
		}
		at := slices.IndexFunc(known, func(k probe.Known) bool { return k.Name == names[0].Name && k.Body == names[0].Body })
		if at < 0 {
			at = len(known)
			known = append(known, names[0])
			if value, stands := valueAt(all[0].call, names[0]); stands {
				known[at].Values = append(known[at].Values, value)
			}
		}
		if value, stands := valueAt(e.call, names[0]); stands {
			known[at].Values = append(known[at].Values, value)
		}
	}
	return slices.DeleteFunc(known, func(k probe.Known) bool { return len(k.Values) == 0 })
}

func valueAt(c *call.Call, k probe.Known) (string, bool) {
	if !k.Body {
		return c.Param(k.Name)
	}
	v := gjson.GetBytes(c.Body, k.Name)
	return v.String(), v.Exists() && v.Type != gjson.Null
}

// differing returns the parameters, and members of a body, that are not the same in two calls.
func differing(a, b *call.Call) (names []probe.Known) {
	for _, k := range slices.Concat(probe.Places(a), probe.Places(b)) {
		x, hasX := valueAt(a, k)
		y, hasY := valueAt(b, k)
		same := slices.ContainsFunc(names, func(n probe.Known) bool { return n.Name == k.Name && n.Body == k.Body })
		if (x != y || hasX != hasY) && !same && !noise(k.Name) {
			names = append(names, k)
		}
	}
	return names
}

// noise are parameters by which browsers get around caches.
func noise(name string) bool {
	return slices.Contains([]string{"_", "t", "ts", "timestamp", "cb", "cachebuster", "nocache", "rand", "_t"}, strings.ToLower(name))
}

// position says how far behind the first page a call likely is.
func position(c *call.Call, known []probe.Known) int {
	at := 0
	for _, k := range known {
		value, stands := valueAt(c, k)
		n, err := strconv.Atoi(value)
		switch {
		case !stands || value == "":
		case err == nil:
			at += min(max(n, 0), 1<<30)
		default:
			at += 1 << 30
		}
	}
	return at
}
