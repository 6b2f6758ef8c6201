package outline

import (
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// typeOf is the type of an example in JSON.
func typeOf(t *testing.T, text string) *Type {
	t.Helper()
	n, err := Parse("example", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return TypeOf(n)
}

func TestRecordsIn(t *testing.T) {
	tests := []struct {
		name, answer, called string
		one                  bool
		want                 string // "": no list
	}{
		{"a list", `[{"id": 1}]`, "orders", false, "@this"},
		{"the usual name", `{"data": [{"id": 1}], "total": 5}`, "orders", false, "data"},
		{"the path's name before the usual", `{"items": [{"id": 1}], "orders": [{"id": 1}]}`, "orders", false, "orders"},
		{"any name, where it is the only one", `{"things": [{"id": 1}], "errors": [{"code": 1}]}`, "orders", false, "things"},
		{"two of no known name", `{"things": [{"id": 1}], "others": [{"id": 1}]}`, "orders", false, ""},
		{"within an envelope", `{"data": {"orders": [{"id": 1}]}}`, "orders", false, "data.orders"},
		{"HAL", `{"_embedded": {"whatever": [{"id": 1}]}}`, "orders", false, "_embedded.whatever"},
		{"within no envelope", `{"metadata": {"managedFields": [{"id": 1}]}}`, "status", false, ""},
		{"a record with lists in it", `{"id": 7, "tags": [{"name": "x"}]}`, "me", false, ""},
		{"a record by its path", `{"items": [{"id": 1}], "id": 7}`, "orders", true, ""},
		{"a key with a point", `{"my.items": [{"id": 1}]}`, "x", false, `my\.items`},
		{"texts", `{"data": ["a"]}`, "orders", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := RecordsIn(typeOf(t, tt.answer), tt.called, tt.one)
			if got.Path != tt.want || found != (tt.want != "") {
				t.Errorf("RecordsIn = %q, %v, want %q", got.Path, found, tt.want)
			}
		})
	}
}

// TestPaging has the ways in which APIs say how a list goes on.
func TestPaging(t *testing.T) {
	tests := []struct{ name, params, headers, answer, want string }{
		{"Link header", "per_page:100", "Link", `[]`, `pagination: {type: link_header}`},
		{"Django", "", "", `{"count": 3, "next": "http://x", "previous": "http://y", "results": [{"id": 1}]}`, `{type: next_url, next: next, total: count}`},
		{"HAL", "", "", `{"_links": {"next": {"href": "/x"}}, "items": []}`, `{type: next_url, next: _links.next.href}`},
		{"token", "page_token page_size:50", "", `{"next_page_token": "x", "items": []}`, `{type: cursor, next: next_page_token, param: page_token, size_param: page_size, size: 50}`},
		{"Slack", "cursor limit:200", "", `{"response_metadata": {"next_cursor": "x"}, "has_more": true}`, `next: response_metadata.next_cursor, param: cursor, more: has_more`},
		{"HubSpot", "after limit:100", "", `{"paging": {"next": {"after": "x"}}}`, `next: paging.next.after, param: after`},
		{"Stripe", "starting_after limit:100", "", `{"has_more": true, "data": [{"id": "x"}]}`, `{type: keyset, field: id, param: starting_after, more: has_more, size_param: limit, size: 100}`},
		{"page of pages", "page per_page:20", "", `{"meta": {"last_page": 4, "total": 70}}`, `{type: page, param: page, size_param: per_page, size: 20, total_pages: meta.last_page, total: meta.total}`},
		{"page without a total", "page", "", `[]`, `on_incomplete: again`},
		{"offset", "offset limit:10", "", `{"total": 7}`, `{type: offset, param: offset, size_param: limit, size: 10, total: total}`},
		{"offset without a total", "skip top:10", "", `[]`, `overlap: 1`},
		{"a token that no field names", "cursor", "", `[]`, `# pagination: {type: cursor`},
		{"a token that no parameter takes", "", "", `{"next_cursor": "x"}`, `# pagination: {type: cursor, next: next_cursor`},
		{"more, and nothing else", "", "", `{"has_more": true}`, `# pagination: {type: page, param: page, more: has_more}`},
		{"a size, and nothing else", "limit:10", "", `[]`, `# pagination: {type: page`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Request{Answer: typeOf(t, tt.answer), Headers: strings.Fields(tt.headers), Key: "id", Sent: map[string]bool{}}
			for field := range strings.FieldsSeq(tt.params) {
				name, most, _ := strings.Cut(field, ":")
				r.Params = append(r.Params, Param{Name: name, Type: new(Type), Maximum: most})
			}
			var d draft.Definition
			stream := new(draft.Map).Set("name", "x", "")
			r.Paging(stream)
			d.Root.Set("streams", []any{stream}, "")
			if text := string(d.AppendYAML(nil)); !strings.Contains(text, tt.want) {
				t.Errorf("%s is not in\n%s", tt.want, text)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"listUserOrders": "list_user_orders", "X-Api-Key": "x_api_key", "shopID": "shop_id", "HTTPServer": "http_server", "IDs": "ids",
		"Order Lines": "order_lines", "größe": "gr_e", "2fa": "it_2fa", "": "it", "__": "it", "v1.users": "v1_users",
	} {
		if got := Name(text, "it"); got != want {
			t.Errorf("Name(%q) = %q, want %q", text, got, want)
		}
	}
	for many, want := range map[string]string{"orders": "order", "companies": "company", "addresses": "address", "status": "status", "boxes": "box", "news": "new", "data": "data"} {
		if got := Singular(many); got != want {
			t.Errorf("Singular(%q) = %q, want %q", many, got, want)
		}
	}
	if got, want := Literal("a {{ b }} {% c"), "a {{ '{{' }} b }} {{ '{%' }} c"; got != want {
		t.Errorf("Literal = %q, want %q", got, want)
	}
}

func TestCredentials(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "X-Api-Key": true, "api_key": true, "apiKey": true, "access_token": true, "accessToken": true, "client_secret": true, "password": true, "token": true, "Ocp-Apim-Subscription-Key": true,
		"author": false, "sort_key": false, "page_token_kind": false, "monkey": false, "id": false, "region": false,
	} {
		if got := IsCredential(name); got != want {
			t.Errorf("IsCredential(%q) = %v, want %v", name, got, want)
		}
	}
	for value, want := range map[string]bool{
		"sk_live_4eC39HqLyjWDarjtT1zdp7dc": true, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc": true, "ghp_16C7e42F292c6912E7710c838347Ae178B4a": true, "Zm9vYmFyMTIzNDU2Nzg5MA": true,
		"orders": false, "https://api.example.com/v1/orders": false, "2024-01-01T00:00:00Z": false, "0b8ad2f6-3c1f-4c39-9a39-6b8a0ad7d0f1": false, "application/json": false, "a_long_name_of_a_thing": false,
	} {
		if got := LooksSecret(value); got != want {
			t.Errorf("LooksSecret(%q) = %v, want %v", value, got, want)
		}
	}
}

// TestHide takes a secret out of notes, remarks and other values, and no word
// that is one by chance.
func TestHide(t *testing.T) {
	o := New("x", "x", "a document that says hunter2hunter2AB")
	token := o.SecretOf("token", "hunter2hunter2AB", "as hunter2hunter2AB")
	if again := o.SecretOf("key", "hunter2hunter2AB", ""); again != token {
		t.Errorf("the same secret is %s, and then %s", token, again)
	}
	o.Hide("data", "{{ config.word }}")
	o.Leave("what hunter2hunter2AB is")
	s := &Stream{Name: "rows", Map: new(draft.Map).Set("name", "rows", "hunter2hunter2AB").Set("path", "/hunter2hunter2AB", "").Set("records", "data", "")}
	o.Streams = append(o.Streams, s)
	d, err := o.Definition()
	if err != nil {
		t.Fatal(err)
	}
	text := string(d.AppendYAML(nil))
	if strings.Contains(text, "hunter2") {
		t.Errorf("the secret is in\n%s", text)
	}
	for _, want := range []string{`path: "/{{ config.token }}"`, "records: data", "what *** is"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}

// TestParse knows the line of each value, in both notations.
func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"JSON": "{\n \"a\": [\n  1,\n  {\"b\": true}\n ]\n}", "YAML": "# a comment\na:\n  - 1\n  - b: true\n",
	} {
		n, err := Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		items := n.Get("a").List()
		if len(items) != 2 || items[1].Get("b").Line != 4 || !True(items[1], "b") || items[0].Text != "1" {
			t.Errorf("%s: %+v", name, items)
		}
	}
	merged, err := Parse("f", []byte("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if y := merged.Get("y"); Text(y, "b") != "2" || !slices.Contains(Texts(y.Get("a")), "3") {
		t.Errorf("y has a %q and b %q, want 3 and 2", Text(y, "a"), Text(y, "b"))
	}
	if _, err := Parse("f", []byte(strings.Repeat("[", 10_000))); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("a deep document: %v", err)
	}
}
