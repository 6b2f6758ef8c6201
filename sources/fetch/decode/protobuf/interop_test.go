//go:build !small

package protobuf_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
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
	envs := os.Getenv("TAP_REST_INTEROP")
	if envs == "" {
		t.Skip("TAP_REST_INTEROP names no folder of Python environments")
	}
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join(envs, "formats", "bin", "python"), "testdata/write.py", dir)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("write.py: %v\n%s", err, out)
	}
	for name, message := range files {
		compare(t, dir, name, &sources.Protobuf{Message: message, Descriptor: read(t, dir, "types.pb")})
	}
}
