package secret_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/secret"
)

func secrets(texts ...string) secret.List {
	var s secret.List
	for _, text := range texts {
		s = append(s, secret.New(text))
	}
	return s
}

func TestRedact(t *testing.T) {
	s := secrets("pass", "password/1", "abc", "ß in it")
	for _, tt := range []struct{ name, text, want string }{
		{"as it is", "a password/1 here", "a *** here"},
		{"one begins another", "password/1 pass passport", "*** *** ***port"},
		{"in a query", "?q=password%2F1&r=%C3%9F+in+it", "?q=***&r=***"},
		{"in a path", "/password%2F1/%C3%9F%20in%20it", "/***/***"},
		{"too short to look for", "abc", "abc"},
		{"nothing", "", ""},
	} {
		if got := s.Redact(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if in := s.In(tt.text); in != (tt.text != tt.want) {
			t.Errorf("%s: In = %v", tt.name, in)
		}
	}
}

func TestSeal(t *testing.T) {
	s := secrets("pass", "password/1")
	const text = "https://a.example/pass?token=password%2F1&raw=password/1"
	sealed, ok := s.Seal(text)
	if want := "https://a.example/{secret:0}?token={secret-query:1}&raw={secret:1}"; !ok || sealed != want {
		t.Errorf("Seal = %q, %v; want %q", sealed, ok, want)
	}
	if got := s.Open(sealed); got != text {
		t.Errorf("Open = %q, want %q", got, text)
	}
	if _, ok := s.Seal("a {secret:0}"); ok {
		t.Error("a text that holds a mark can be sealed")
	}
}
