package request

import (
	"net/http"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestCheckHeaders(t *testing.T) {
	for _, h := range []http.Header{
		{"X": {"a\nb"}}, {"X": {"a\r\nY: b"}}, {"X": {"a\x00"}}, {"X": {"\x7f"}}, {"X Y": {"a"}}, {"X:": {"a"}}, {"": {"a"}}, {"Ü": {"a"}}, {"X\n": {"a"}},
	} {
		if err := CheckHeaders(h); err == nil {
			t.Errorf("%q: no error", h)
		}
	}
	if err := CheckHeaders(http.Header{"X-Api_Key.1": {"a\tb é \"c\"", ""}}); err != nil {
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
		got, err := withPath(expr.JSON(test.body), sources.SplitPath(test.path), expr.Int(7))
		if err != nil || string(got.AppendJSON(nil)) != test.want {
			t.Errorf("%s at %s: got %s, %v, want %s", test.body, test.path, got.AppendJSON(nil), err, test.want)
		}
	}
	for body, path := range map[string]string{`{"a":1}`: "a.b", `{"a":[1]}`: "a.1", `{"a":[]}`: "a.x", `"text"`: "a"} {
		if got, err := withPath(expr.JSON(body), sources.SplitPath(path), expr.Int(7)); err == nil {
			t.Errorf("%s at %s: got %s, want an error", body, path, got.AppendJSON(nil))
		}
	}
}
