package request_test

import (
	"net/url"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// TestSame proves that a link which names the page that it stands on is known,
// also where the API writes the key of the request into it.
func TestSame(t *testing.T) {
	at, err := url.Parse("http://api.test/a?page=2&b=%2f")
	if err != nil {
		t.Fatal(err)
	}
	s := &sources.Stream{Request: sources.Request{Method: "GET"}}
	m := request.NewMaker(s, nil, nil, auth.Known{Params: []string{"key"}}, make(expr.Vars, sources.VarCount))
	for link, want := range map[string]bool{
		"http://api.test/a?page=2&b=%2f": true, "?page=2&b=%2f&key=k": true, "?key=k&page=2&b=%2f": true,
		"?page=3&b=%2f": false, "?page=2&b=%2f&other=k": false, "http://%zz": false,
	} {
		if got := m.Same(at, link); got != want {
			t.Errorf("%s: %v, want %v", link, got, want)
		}
	}
}
