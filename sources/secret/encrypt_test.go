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
	made := 0
	memo := func(_ [32]byte, key func() []byte) []byte {
		made++
		return key()
	}
	a := client("first token").Key("a", memo)
	if !bytes.Equal(a, client("first token").Key("a", memo)) {
		t.Error("the same secrets make two keys")
	}
	for name, other := range map[string][]byte{
		"another purpose": client("first token").Key("b", memo), "another secret": client("second token").Key("a", memo), "no secret": client("").Key("a", memo),
	} {
		if bytes.Equal(a, other) || len(other) != 32 {
			t.Errorf("%s: %x", name, other)
		}
	}
	if made != 4 {
		t.Errorf("%d keys are made of secrets", made)
	}
	if !bytes.Equal(client("").Key("a", memo), NewHider(nil).Key("a", memo)) {
		t.Error("two who were given no secret have two keys")
	}
}
