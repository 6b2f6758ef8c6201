package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitPreviewFails: where the preview finds that the definition does not fit, the
// definition is there all the same, its config too, and what to do next is said.
func TestInitPreviewFails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "not today")
	}))
	defer server.Close()
	dir := t.TempDir()
	cmd := exec.Command(builtBinary(t), "init", "curl -H 'Authorization: Bearer s3cret-77' "+server.URL+"/orders", "-o", "x.yaml", "--yes")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_STATE_HOME="+dir)
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v, want exit code 1", err)
	}
	for _, want := range []string{"see whether it tells of an error", "x.yaml is the definition, x.config.json its config"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if config, err := os.ReadFile(filepath.Join(dir, "x.config.json")); err != nil || !strings.Contains(string(config), "s3cret-77") {
		t.Errorf("the config: %s, %v", config, err)
	}
}
