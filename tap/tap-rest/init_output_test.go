package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitWithoutAFolder: a folder that is not there is told of before the API is asked.
func TestInitWithoutAFolder(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{filepath.Join(dir, "none", "x.yaml"), filepath.Join(dir, "a", "b", "x.yaml")} {
		_, err := (&initCmd{Output: file}).prepare(&runtime{stdout: os.Stdout})
		if err == nil || !strings.Contains(err.Error(), "there is no folder "+filepath.Dir(file)) || !strings.Contains(err.Error(), "make the folder") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := (&initCmd{Output: filepath.Join(dir, "x.yaml")}).prepare(&runtime{stdout: os.Stdout}); err != nil {
		t.Error(err)
	}
}
