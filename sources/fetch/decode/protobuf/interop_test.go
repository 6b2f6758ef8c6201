//go:build !small

package protobuf_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/testrig"
)

// The files of testdata are those of Google's Python: write.py writes them.
func TestPythonsFiles(t *testing.T) {
	for name, message := range files {
		t.Run(name, func(t *testing.T) {
			t.Run("descriptor", func(t *testing.T) { compare(t, "testdata", name, descriptor(t, message)) })
			t.Run("proto", func(t *testing.T) { compare(t, "testdata", name, protos(t, message)) })
		})
	}
}

func TestInterop(t *testing.T) {
	dir := t.TempDir()
	testrig.Python(t, "testdata/write.py", dir)
	for name, message := range files {
		compare(t, dir, name, &sources.Protobuf{Message: message, Descriptor: read(t, dir, "types.pb")})
	}
}
