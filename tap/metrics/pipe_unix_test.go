//go:build unix

package metrics

import (
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNamedPipeIsRefused: a pipe that nobody reads would hold up the run for ever.
func TestNamedPipeIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	_, err := Open(name, "v1", slog.Default, func(s string) string { return s })
	if err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Errorf("a named pipe was taken: %v", err)
	}
}
