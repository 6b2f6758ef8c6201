package unpack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// checkFolder reads all files that testdata/write.py made in a folder, and that are
// there.
func checkFolder(t *testing.T, folder string, least int) {
	get := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return text
	}
	var packed map[string]struct{ How, Names []string }
	check(t, json.Unmarshal(get("packed.json"), &packed))
	want := string(get("report.csv"))
	found := 0
	for name, p := range packed {
		text := get(name)
		if text == nil {
			continue
		}
		found++
		for _, at := range []bool{false, true} {
			names, texts, err := all(text, how(p.How...), at)
			if err != nil || !slices.Equal(names, p.Names) {
				t.Errorf("%s: got %q and %v, want %q", name, names, err, p.Names)
			}
			for i := range texts {
				if texts[i] != want {
					t.Errorf("%s, %s: got %q", name, names[i], texts[i])
				}
			}
		}
	}
	if found < least {
		t.Errorf("%d files were there, want %d", found, least)
	}
}

// TestPython reads what Python packed.
func TestPython(t *testing.T) { checkFolder(t, "testdata/python", 22) }

func TestInterop(t *testing.T) {
	folder := t.TempDir()
	testrig.Python(t, "testdata/write.py", folder)
	checkFolder(t, folder, 25)
}
