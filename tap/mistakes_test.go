package tap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
)

// goodAPI is a small API as its definition should have it.
func goodAPI(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	refuse := func(status int, why string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
	}
	first := 1
	size := min(5, max(1, number(q.Get("limit"), 5)))
	page := number(q.Get("page"), first)
	switch r.URL.Path {
	case "/orders", "/slash/", "/cursor", "/login", "/key":
	case "/zero":
		first, page = 0, number(q.Get("page"), 0)
	case "/slash":
		http.Redirect(w, r, "/slash/?"+r.URL.RawQuery, http.StatusMovedPermanently)
		return
	case "/html":
		fmt.Fprint(w, "<!doctype html><title>Welcome to the shop</title>")
		return
	default:
		refuse(404, "no such thing")
		return
	}
	if r.URL.Path == "/login" && r.Header.Get("Authorization") == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
		refuse(401, "who are you?")
		return
	}
	if r.URL.Path == "/key" && q.Get("key") != "k" {
		refuse(403, "no key")
		return
	}
	if from := q.Get("from"); strings.Contains(from, "T") {
		refuse(400, "from must be a date such as 2024-12-31")
		return
	}
	if r.URL.Path == "/cursor" {
		page = number(q.Get("cursor"), 1)
	}
	if page < first {
		refuse(400, "page must be at least 1")
		return
	}
	var rows []string
	for id := (page-first)*size + 1; id <= min(23, (page-first+1)*size); id++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"day":"2025-01-02"}`, id))
	}
	next := "null"
	if (page-first+1)*size < 23 {
		next = strconv.Itoa(page + 1)
	}
	fmt.Fprintf(w, `{"data":[%s],"meta":{"next":%s,"has_previous":%v}}`, strings.Join(rows, ","), next, page > first)
}

func number(text string, absent int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return absent
}

// TestMistakes makes each of the commonest mistakes of a definition, at a real
// server, and proves that a preview shows what came and names the key to change:
// written down, it works, without a word.
func TestMistakes(t *testing.T) {
	const cursor = `pagination: {type: cursor, next: meta.next, param: cursor}`
	for _, tt := range []struct {
		name         string
		client       string // keys of it; base_url is the server's where they do not say
		wrong, right string
		https        bool
		shows, key   string // in what is said
		rightClient  string
	}{
		{name: "wrong path", wrong: `path: /ordrs, records: data`, right: `path: /orders, records: data, ` + strings.Replace(cursor, "param", "stop: '{{ true }}', param", 1),
			shows: `answered 404 Not Found`, key: "path: /ordrs"},
		{name: "wrong records path", wrong: `path: /cursor, records: items, ` + cursor, right: `path: /cursor, records: data, ` + cursor,
			shows: `the answer begins: {"data":[{"id":1`, key: "records: data"},
		{name: "wrong place of the token", wrong: `path: /cursor, records: data, pagination: {type: cursor, next: meta.next, param: after}`, right: `path: /cursor, records: data, ` + cursor,
			shows: "the same page again as from GET http://127.0.0.1", key: "pagination.param"},
		{name: "wrong place of the next token", wrong: `path: /cursor, records: data, pagination: {type: cursor, next: next, param: cursor}`, right: `path: /cursor, records: data, ` + cursor,
			shows: "meta.next", key: "pagination: {type: cursor, next: meta.next"},
		{name: "wrong date format", wrong: `path: /cursor, records: data, params: {from: "{{ window.start }}"}, replication_key: day, incremental: {start: "2025-01-01"}, ` + cursor,
			right: `path: /cursor, records: data, params: {from: "{{ window.start }}"}, replication_key: day, incremental: {start: "2025-01-01", format: date}, ` + cursor,
			shows: "from=2025-01-01T00:00:00Z", key: "incremental: {format: date}"},
		{name: "a size that is capped", wrong: `path: /orders, records: data, pagination: {type: page, param: page, size_param: limit, size: 100}`,
			right: `path: /orders, records: data, pagination: {type: page, param: page, size_param: limit, size: 5}`,
			shows: "asks for 100 records, and 5 came", key: "pagination.size"},
		{name: "auth in the wrong place", client: `auth: {type: api_key, name: key, value: k, in: header}`, wrong: `path: /key, records: data, ` + cursor, right: `path: /key, records: data, ` + strings.Replace(cursor, "param: cursor", "param: page", 1),
			rightClient: `auth: {type: api_key, name: key, value: k, in: query}`, shows: "answered 403 Forbidden", key: "auth: {type: api_key, in: header}"},
		{name: "auth of another type", client: `auth: {type: api_key, name: X-Key, value: k, in: header}`, wrong: `path: /login, records: data`, right: `path: /login, records: data, ` + strings.Replace(cursor, "param: cursor", "param: page", 1),
			rightClient: `auth: {type: basic, username: u, password: p}`, shows: "the API asks for Basic", key: "auth: {type: api_key"},
		{name: "a slash at the end", wrong: `path: /slash, records: data, pagination: {type: page, param: page}`, right: `path: /slash/, records: data, pagination: {type: page, param: page}`,
			shows: "redirects from /slash to /slash/", key: "write path: /slash/"},
		{name: "a slash at the end of a POST", wrong: `path: /slash, body: {json: {}}, records: data, pagination: {type: page, param: page}`, right: `path: /slash/, body: {json: {}}, records: data, pagination: {type: page, param: page}`,
			shows: "answered 301", key: "path: /slash"},
		{name: "http for https", https: true, client: `base_url: "http://HOST"`, wrong: `path: /orders, records: data, pagination: {type: page, param: page}`, right: `path: /orders, records: data, pagination: {type: page, param: page}`,
			rightClient: `base_url: "https://HOST"`, shows: "answered 400 Bad Request", key: "base_url: https://127.0.0.1"},
		{name: "https for http", client: `base_url: "https://HOST"`, wrong: `path: /orders, records: data, pagination: {type: page, param: page}`, right: `path: /orders, records: data, pagination: {type: page, param: page}`,
			rightClient: `base_url: "http://HOST"`, shows: "does not look like a TLS handshake", key: "write base_url: http://"},
		{name: "HTML", wrong: `path: /html, records: data, ` + cursor, right: `path: /cursor, records: data, ` + cursor,
			shows: `an HTML page titled "Welcome to the shop"`, key: "check base_url, path and auth"},
		{name: "pages that begin with 0", wrong: `path: /zero, records: data, pagination: {type: page, param: page}`, right: `path: /zero, records: data, pagination: {type: page, start: 0, param: page}`,
			shows: "meta.has_previous is true", key: "pagination: {start: 0}"},
		{name: "pages that begin with 1", wrong: `path: /orders, records: data, pagination: {type: page, start: 0, param: page}`, right: `path: /orders, records: data, pagination: {type: page, param: page}`,
			shows: "page must be at least 1", key: "pagination: {start: 1}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(goodAPI))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if tt.https {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			said := func(client, stream string) string {
				host := server.Listener.Addr().String()
				if client = strings.ReplaceAll(client, "HOST", host); !strings.Contains(client, "base_url") {
					client = strings.Trim(fmt.Sprintf("base_url: %q, %s", server.URL, client), ", ")
				}
				s := setup{
					head:       "version: 1\nname: shop\n",
					definition: fmt.Sprintf("client: {%s}\nstreams:\n  - {name: x, primary_key: [id], %s}\n", client, stream), api: server.Client().Transport,
				}
				var logged bytes.Buffer
				look, err := tap.Preview(context.Background(), s.options(t, io.Discard, &logged), "x", 12)
				if err != nil {
					return logged.String() + "\n" + err.Error()
				}
				if len(look.Records) == 0 || len(look.Requests) == 0 || look.End == "" {
					t.Errorf("nothing is shown of %s: %+v", stream, look)
				}
				return logged.String()
			}
			got := said(tt.client, tt.wrong)
			if !strings.Contains(got, tt.shows) || !strings.Contains(strings.ReplaceAll(got, `\"`, `"`), tt.key) {
				t.Errorf("said:\n%s\nwant %q and %q", got, tt.shows, tt.key)
			}
			client := tt.rightClient
			if client == "" {
				client = tt.client
			}
			if got := said(client, tt.right); strings.Contains(got, "level=WARN") || strings.Contains(got, "answered") {
				t.Errorf("with the line that was to be written, it says:\n%s", got)
			}
		})
	}
}
