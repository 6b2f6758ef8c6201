package check

import (
	"strings"
	"testing"
)

// TestKeyToken: a token is at a key that is written like it, and at no other.
func TestKeyToken(t *testing.T) {
	rest := `1,"next":"` + strings.Repeat("x", keyRoom) + `"}`
	for size := range 40 {
		name := strings.Repeat("abcdefgh", 5)[:size]
		token := newKeyToken(name)
		text := []byte(`"` + name + `":` + rest)
		if got, want := token.at(text, 0), size+len(`"":`) <= keyWords; got != want || !token.written(text, 0) {
			t.Errorf("the token of %q is at %s by its words: %t, want %t; by all of it: %t", name, text, got, want, token.written(text, 0))
		}
		for i := range size + 3 {
			other := append([]byte(nil), text...)
			other[i] ^= 1
			if token.at(other, 0) || token.written(other, 0) {
				t.Errorf("the token of %q is at %s", name, other)
			}
		}
		for end := range text {
			cut := text[:end:end]
			followed := end > size+len(`"":`)
			if token.at(cut, 0) && !followed || token.written(cut, 0) != followed {
				t.Errorf("the token of %q is at %s, which ends: %t", name, cut, token.written(cut, 0))
			}
		}
	}
	for _, name := range []string{`a"b`, `a\b`, "a\nb"} {
		token := newKeyToken(name)
		for _, text := range []string{`"` + name + `":` + rest, strings.Repeat("\x00", keyRoom), "\x01" + strings.Repeat("\x00", keyRoom)} {
			if token.at([]byte(text), 0) || token.written([]byte(text), 0) {
				t.Errorf("the token of %q, which needs escapes, is at %q", name, text)
			}
		}
	}
}
