package draft_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
)

// callWritten is a call as a definition has it.
func callWritten(d *call.Described) string {
	var whole draft.Definition
	call.AppendSettings(&whole.Root, d.Settings)
	whole.Root.Set("client", d.Client, "").Set("stream", d.Stream, "")
	return strings.TrimPrefix(string(whole.AppendYAML(nil)), draft.Modeline+"\n")
}

func TestCallDescribe(t *testing.T) {
	tests := []struct {
		name    string
		address string
		change  func(c *call.Call)
		want    string
		stream  string
		left    int
	}{
		{"a version in the path", "https://api.acme.example:8443/v2/orders/?limit=50&state=open&state=paid", nil,
			"client: {base_url: \"https://api.acme.example:8443/v2\"}\nstream: {path: /orders/, params: {limit: 50, state: [open, paid]}}\n", "orders", 0},
		{"no version", "http://localhost/a%20b/order.json", nil, "client: {base_url: \"http://localhost\"}\nstream: {path: \"/a%20b/order.json\"}\n", "order", 0},
		{"what a template would take for its own", "https://a.example/x?q=%7B%7Bx%7D%7D&n=007&y=yes", nil,
			"client: {base_url: \"https://a.example\"}\nstream: {path: /x, params: {q: \"{{ '{' }}{x}}\", \"n\": \"007\", \"y\": \"yes\"}}\n", "records", 0},
		{"what browsers send", "https://a.example/orders", func(c *call.Call) {
			c.Headers = []call.Pair{{Name: "User-Agent", Value: "Mozilla/5.0"}, {Name: "sec-ch-ua", Value: "x"}, {Name: "Accept", Value: "*/*"}, {Name: "Accept-Language", Value: "de"}, {Name: "Referer", Value: "https://b.example"}, {Name: "X-Tenant", Value: "t1"}}
		}, "client: {base_url: \"https://a.example\", headers: {X-Tenant: t1}}\nstream: {path: /orders}\n", "orders", 1},
		{"two credentials", "https://a.example/orders?api_key=k1", func(c *call.Call) { c.Headers = []call.Pair{{Name: "Authorization", Value: "Bearer t1"}} },
			"settings: {required: [token, api_key], properties: {token: {type: string, secret: true}, api_key: {type: string, secret: true}}}\nclient: {base_url: \"https://a.example\", auth: {type: bearer, token: \"{{ config.token }}\"}}\nstream: {path: /orders, params: {api_key: \"{{ config.api_key }}\"}}\n", "orders", 0},
		{"the same credential twice", "https://a.example/orders?key=k1", func(c *call.Call) { c.Headers = []call.Pair{{Name: "Key", Value: "k1"}, {Name: "X-Key", Value: "k2"}} },
			"settings: {required: [key, key_2], properties: {key: {type: string, secret: true}, key_2: {type: string, secret: true}}}\nclient:\n  base_url: \"https://a.example\"\n  auth: {type: api_key, name: Key, value: \"{{ config.key }}\", in: header}\n  headers: {X-Key: \"{{ config.key_2 }}\"}\nstream: {path: /orders, params: {key: \"{{ config.key }}\"}}\n", "orders", 0},
		{"a body of JSON", "https://a.example/search", func(c *call.Call) {
			c.Method, c.Body = "POST", []byte(`{"b":[1,2.50,{"c":null}],"a":"x"}`)
		}, "client: {base_url: \"https://a.example\"}\nstream: {path: /search, body: {json: {b: [1, 2.50, {c: null}], a: x}}}\n", "records", 0},
		{"a token that is the place of a page is no credential", "https://a.example/orders?cursor=a1b2c3d4e5f6g7h8i9j0k1", nil,
			"client: {base_url: \"https://a.example\"}\nstream: {path: /orders, params: {cursor: a1b2c3d4e5f6g7h8i9j0k1}}\n", "orders", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := call.New(test.address)
			if err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				test.change(c)
			}
			d := c.Describe()
			if got := callWritten(d); got != test.want || d.Name != test.stream || len(d.Left) != test.left {
				t.Errorf("got (%s, left %q):\n%s\nwant (%s):\n%s", d.Name, d.Left, got, test.stream, test.want)
			}
		})
	}
}

func TestCallAPIName(t *testing.T) {
	for host, want := range map[string]string{
		"api.acme.example": "acme", "acme.example.co.uk": "example", "127.0.0.1": "orders", "localhost": "orders", "::1": "orders", "api.com": "orders", "mycorp.zendesk.com": "zendesk",
	} {
		if got := call.APIName(host, "orders"); got != want {
			t.Errorf("%s is called %s, want %s", host, got, want)
		}
	}
}

// FuzzCallLiteral writes texts as templates, which come to the same texts.
func FuzzCallLiteral(f *testing.F) {
	for _, text := range []string{"{{ x }}", "{%", "{#\n", "{{{", "a{\n", "{{ '{' }}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !slices.Equal([]byte(text), []byte(strings.ToValidUTF8(text, "?"))) || strings.Contains(text, "\r") {
			return
		}
		var d draft.Definition
		d.Root.Set("version", 1, "").Set("name", "x", "")
		d.Root.At("client").Set("base_url", "http://a.test", "")
		stream := new(draft.Map).Set("name", "x", "").Set("path", "/x", "")
		stream.At("body").Set("text", call.Literal(text), "")
		d.Root.Set("streams", []any{stream}, "")
		parsed, err := definition.Parse("x.yaml", d.AppendYAML(nil))
		if err != nil {
			t.Fatalf("%q as %q: %v", text, call.Literal(text), err)
		}
		got, err := parsed.Streams[0].Request.Body.Text.Text(nil)
		if err != nil || got != text {
			t.Errorf("%q as %q comes to %q: %v", text, call.Literal(text), got, err)
		}
	})
}
