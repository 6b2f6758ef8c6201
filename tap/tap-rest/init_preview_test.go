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

// TestInitSaysWhatIsOpen: the end of what init says names how many questions are left, and
// nothing of runs, of which there was none.
func TestInitSaysWhatIsOpen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("updated_since") > "2024-01-02" {
			io.WriteString(w, `{"data":[{"id":3,"updated_at":"2024-01-03T00:00:00Z"}],"total":900}`)
			return
		}
		io.WriteString(w, `{"data":[{"id":1,"updated_at":"2024-01-01T00:00:00Z"},{"id":2,"updated_at":"2024-01-02T00:00:00Z"},{"id":3,"updated_at":"2024-01-03T00:00:00Z"},{"id":4,"updated_at":"2024-01-04T00:00:00Z"}],"total":900}`)
	}))
	defer server.Close()
	dir := t.TempDir()
	cmd := exec.Command(builtBinary(t), "init", server.URL+"/orders", "-o", "x.yaml", "--yes")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_STATE_HOME="+dir)
	text, err := cmd.CombinedOutput()
	said := string(text)
	if err != nil || !strings.Contains(said, "x.yaml leaves 2 questions open") || strings.Contains(said, "bookmark") || !strings.Contains(said, "the last answer contradicts its end") {
		definition, _ := os.ReadFile(filepath.Join(dir, "x.yaml"))
		t.Errorf("%v\n%s\n%s", err, said, definition)
	}
}
