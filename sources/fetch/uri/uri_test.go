package uri

import (
	"net/url"
	"testing"
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
		if got := Join(test.base, test.path); got != test.want {
			t.Errorf("Join(%q, %q) = %q, want %q", test.base, test.path, got, test.want)
		}
	}
}

func TestParseURL(t *testing.T) {
	for _, text := range []string{"", "x", "/a", "//x/a", "ftp://x", "http:///a", "http://a b/", "http://u:p@x/", "http://u@x/", "http://x/#a", "http://x:port/", "http://[::1/", "http://x/%zz"} {
		if u, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, u)
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
		u, err := Reference(base, test.text)
		if err != nil || u.String() != test.want {
			t.Errorf("Reference(%q) = %v, %v, want %s", test.text, u, err, test.want)
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
		if got := ParsePairs(test.query).Set(test.name, test.values...).Encode(); got != test.want {
			t.Errorf("%q with %s=%q: got %q, want %q", test.query, test.name, test.values, got, test.want)
		}
	}
}
