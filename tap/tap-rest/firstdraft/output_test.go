package firstdraft

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// TestInitWithoutAFolder: a folder that is not there is told of before the API is asked.
func TestInitWithoutAFolder(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{filepath.Join(dir, "none", "x.yaml"), filepath.Join(dir, "a", "b", "x.yaml")} {
		_, err := (&Cmd{Output: file}).prepare(&program.Runtime{Stdout: os.Stdout})
		if err == nil || !strings.Contains(err.Error(), "there is no folder "+filepath.Dir(file)) || !strings.Contains(err.Error(), "make the folder") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := (&Cmd{Output: filepath.Join(dir, "x.yaml")}).prepare(&program.Runtime{Stdout: os.Stdout}); err != nil {
		t.Error(err)
	}
}
