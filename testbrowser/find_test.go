package testbrowser

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestFind: CHROMIUM names the browser, else the first of the usual names that is there.
func TestFind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs have other names there")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("CHROMIUM", "")
	if got := Find(); got != "" {
		t.Errorf("found %q where there is none", got)
	}
	for _, name := range []string{"google-chrome", "chromium", "mine"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := Find(), filepath.Join(dir, "chromium"); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	t.Setenv("CHROMIUM", filepath.Join(dir, "mine"))
	if got, want := Find(), filepath.Join(dir, "mine"); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}
