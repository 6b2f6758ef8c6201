package check

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
