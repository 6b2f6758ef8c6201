package secret

import (
	"bytes"
	"testing"
)

// TestKey: a key for a purpose is the same for all who were given the same secrets, and
// another for each purpose and for other secrets. Who was given none has one that is no
// secret.
func TestKey(t *testing.T) {
	client := func(token string) *Hider { return NewHider(nil).ForClient(List{New("auth.token", token)}) }
	a := client("first token").Key("a")
	if !bytes.Equal(a, client("first token").Key("a")) {
		t.Error("the same secrets make two keys")
	}
	for name, other := range map[string][]byte{
		"another purpose": client("first token").Key("b"), "another secret": client("second token").Key("a"), "no secret": client("").Key("a"),
	} {
		if bytes.Equal(a, other) || len(other) != 32 {
			t.Errorf("%s: %x", name, other)
		}
	}
	if !bytes.Equal(client("").Key("a"), NewHider(nil).Key("a")) {
		t.Error("two who were given no secret have two keys")
	}
}
