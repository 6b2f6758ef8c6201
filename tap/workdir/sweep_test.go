package workdir_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/workdir"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestSweep proves that what killed runs left beside a file is removed, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	if err := workdir.Write(file, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Minute)
	for _, name := range []string{".state.json.new-17", ".state.json.new-99", ".state.json.new-", ".state.json.new-1a", ".other.json.new-17", ".new-17", ".state.json.new-5"} {
		path := filepath.Join(dir, name)
		testrig.Write(t, path, "")
		if !strings.HasSuffix(name, "-99") { // somebody may write it now
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, ".state.json.new-5")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".state.json.new-5"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, ".state.json.new-5"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := workdir.Sweep(file); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{".new-17", ".other.json.new-17", ".state.json.new-", ".state.json.new-1a", ".state.json.new-5", ".state.json.new-99", "state.json"}
	if !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	long := filepath.Join(dir, strings.Repeat("x", 250))
	if err := workdir.Write(long, []byte("{}")); err != nil {
		t.Error(err)
	}
}
