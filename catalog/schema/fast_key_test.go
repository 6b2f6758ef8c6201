package schema

import (
	"strings"
	"testing"
)

// TestKeyToken: a token is at a key that is written like it, and at no other.
func TestKeyToken(t *testing.T) {
	for size := range 40 {
		name := strings.Repeat("abcdefgh", 5)[:size]
		token := newKeyToken(name)
		text := []byte(`"` + name + `":1,"next":2}`)
		if !token.at(text, 0) {
			t.Errorf("the token of %q is not at %s", name, text)
		}
		for i := range size + 3 {
			other := append([]byte(nil), text...)
			other[i] ^= 1
			if token.at(other, 0) {
				t.Errorf("the token of %q is at %s", name, other)
			}
		}
		for end := range len(name) + 4 { // no value would follow
			if token.at(text[:end:end], 0) {
				t.Errorf("the token of %q is at %s, which ends", name, text[:end])
			}
		}
	}
	for _, name := range []string{`a"b`, `a\b`, "a\nb"} {
		token := newKeyToken(name)
		for _, text := range []string{`"` + name + `":1234567890`, strings.Repeat("\x00", 20), "\x01" + strings.Repeat("\x00", 20)} {
			if token.at([]byte(text), 0) {
				t.Errorf("the token of %q, which needs escapes, is at %q", name, text)
			}
		}
	}
}

// TestKeyWithBackslash: a name with a backslash is not the key that is written
// like it, in which the backslash begins an escape.
func TestKeyWithBackslash(t *testing.T) {
	s, err := Compile([]byte(`{"type":"object","properties":{"a\\b":{"type":"integer"}},"required":["a\\b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		record string
		want   bool
	}{
		{`{"a\b":12345678,"next":12345678}`, false},
		{`{"a\\b":12345678,"next":12345678}`, true},
	} {
		if got := s.accepts([]byte(tt.record)); got && !tt.want || (s.judged([]byte(tt.record)) == nil) != tt.want {
			t.Errorf("%s: accepted %t, want %t, by the judge: %v", tt.record, got, tt.want, s.judged([]byte(tt.record)))
		}
	}
}
