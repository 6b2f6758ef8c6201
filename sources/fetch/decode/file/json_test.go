package file_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

func TestAppendUUID(t *testing.T) {
	const want = `x"30313233-3435-3637-3839-616263646566"`
	if got := string(file.AppendUUID([]byte("x"), []byte("0123456789abcdef"))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
