package fetch

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestJoinURL(t *testing.T) {
	for _, test := range []struct{ base, path, want string }{
		{"http://x", "", "http://x"},
		{"http://x/", "", "http://x"},
		{"http://x", "a", "http://x/a"},
		{"http://x/", "/a/", "http://x/a/"},
		{"http://x/v1", "a/b", "http://x/v1/a/b"},
		{"http://x/v1/", "/a?b=1", "http://x/v1/a?b=1"},
		{"http://x/v1", "?b=1", "http://x/v1?b=1"},
		{"http://x/v1?key=1", "a", "http://x/v1/a?key=1"},
		{"http://x/v1/?key=1", "/a?b=2", "http://x/v1/a?b=2&key=1"},
		{"http://x", "//evil/a", "http://x//evil/a"},
	} {
		if got := joinURL(test.base, test.path); got != test.want {
			t.Errorf("joinURL(%q, %q) = %q, want %q", test.base, test.path, got, test.want)
		}
	}
}

func TestParseURL(t *testing.T) {
	for _, text := range []string{"", "x", "/a", "//x/a", "ftp://x", "http:///a", "http://a b/", "http://u:p@x/", "http://u@x/", "http://x/#a", "http://x:port/", "http://[::1/", "http://x/%zz"} {
		if u, err := parseURL(text); err == nil {
			t.Errorf("parseURL(%q) = %v, want an error", text, u)
		}
	}
}

// TestParseReference proves that a link is taken byte for byte, where it is
// well written.
func TestParseReference(t *testing.T) {
	base, err := url.Parse("http://x/v1/orders?page=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, want string }{
		{"http://x/v1/orders?b=2&a=1&a=0&&c", "http://x/v1/orders?b=2&a=1&a=0&&c"},
		{"http://x/a%2fb%2F(c);d/../e//f/./?q=%7e~+%20[]{}|;,'", "http://x/a%2fb%2F(c);d/../e//f/./?q=%7e~+%20[]{}|;,'"},
		{"http://X:80/?", "http://X:80/?"},
		{"orders?page=2", "http://x/v1/orders?page=2"},
		{"/orders?page=2", "http://x/orders?page=2"},
		{"?page=2", "http://x/v1/orders?page=2"},
		{"../v2/orders", "http://x/v2/orders"},
		{"//y/orders", "http://y/orders"},
		{"http://u:p@x/a#b", "http://x/a"},
		{"http://x/a b?q=a b\u00fc", "http://x/a%20b?q=a%20b%C3%BC"},
	} {
		u, err := parseReference(base, test.text)
		if err != nil || u.String() != test.want {
			t.Errorf("parseReference(%q) = %v, %v, want %s", test.text, u, err, test.want)
		}
	}
}

func TestPairs(t *testing.T) {
	for _, test := range []struct {
		query, name string
		values      []string
		want        string
	}{
		{"", "a", []string{"1"}, "a=1"},
		{"a=1&b=%2f&c", "b", []string{"2"}, "a=1&b=2&c"},
		{"a=1&b=%2f&c&a=2", "a", []string{"x y"}, "a=x+y&b=%2f&c"},
		{"a=1", "a", nil, ""},
		{"a=1&b=2", "a", []string{"x", "y"}, "a=x&a=y&b=2"},
		{"%61=1", "a", []string{"2"}, "a=2"},
		{"q=%zz;&z=+", "a", []string{"&="}, "q=%zz;&z=+&a=%26%3D"},
		{"a=b=c", "d", []string{"é"}, "a=b=c&d=%C3%A9"},
	} {
		if got := parsePairs(test.query).set(test.name, test.values...).encode(); got != test.want {
			t.Errorf("%q with %s=%q: got %q, want %q", test.query, test.name, test.values, got, test.want)
		}
	}
}

func TestCheckHeaders(t *testing.T) {
	for _, h := range []http.Header{
		{"X": {"a\nb"}}, {"X": {"a\r\nY: b"}}, {"X": {"a\x00"}}, {"X": {"\x7f"}}, {"X Y": {"a"}}, {"X:": {"a"}}, {"": {"a"}}, {"Ü": {"a"}}, {"X\n": {"a"}},
	} {
		if err := checkHeaders(h); err == nil {
			t.Errorf("%q: no error", h)
		}
	}
	if err := checkHeaders(http.Header{"X-Api_Key.1": {"a\tb é \"c\"", ""}}); err != nil {
		t.Error(err)
	}
}

func TestWithPath(t *testing.T) {
	for _, test := range []struct{ body, path, want string }{
		{`{"a":1,"b":2}`, "a", `{"a":7,"b":2}`},
		{`{"a":1}`, "b", `{"a":1,"b":7}`},
		{`{}`, "a.b.c", `{"a":{"b":{"c":7}}}`},
		{`{"a":{"x":1,"b":null}}`, "a.b.c", `{"a":{"x":1,"b":{"c":7}}}`},
		{`{"a":[{"x":1},2]}`, "a.0.x", `{"a":[{"x":7},2]}`},
		{`{"a":[1,2]}`, "a.1", `{"a":[1,7]}`},
		{`{"a.b":1}`, `a\.b`, `{"a.b":7}`},
	} {
		got, err := withPath(expr.JSON(test.body), splitPath(test.path), expr.Int(7))
		if err != nil || string(got.AppendJSON(nil)) != test.want {
			t.Errorf("%s at %s: got %s, %v, want %s", test.body, test.path, got.AppendJSON(nil), err, test.want)
		}
	}
	for body, path := range map[string]string{`{"a":1}`: "a.b", `{"a":[1]}`: "a.1", `{"a":[]}`: "a.x", `"text"`: "a"} {
		if got, err := withPath(expr.JSON(body), splitPath(path), expr.Int(7)); err == nil {
			t.Errorf("%s at %s: got %s, want an error", body, path, got.AppendJSON(nil))
		}
	}
}
