package workdir_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/tap-rest/tap-rest/tap/workdir"
)

// TestWrite proves that what is no file is written to, and stays what it is, that
// symbolic links are followed, and that a file is replaced.
func TestWrite(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/dev/fd is Linux's")
	}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	for _, name := range []string{file, link} {
		if name == link {
			if err := os.Symlink(file, link); err != nil {
				t.Fatal(err)
			}
		}
		if err := workdir.Write(name, []byte("by "+name)); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "by "+name {
			t.Errorf("the file has %q: %v", text, err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is now %v: %v", info, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pipe := filepath.Join(dir, "pipe")
	if err := os.Symlink("/proc/self/fd/"+strconv.Itoa(int(w.Fd())), pipe); err != nil {
		t.Fatal(err)
	}
	err = workdir.Write(pipe, []byte("through the pipe"))
	w.Close()
	if got, _ := io.ReadAll(r); err != nil || !bytes.Equal(got, []byte("through the pipe")) {
		t.Errorf("through the pipe came %q: %v", got, err)
	}
}

// TestReplaceable: a file that begins otherwise than what is written there stays.
func TestReplaceable(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		may        bool
	}{
		{"empty", "", true},
		{"ours", "# HELP tap_x", true},
		{"ours, the other way", "<html>", true},
		{"ours, and no more", "# HELP", true},
		{"shorter", "# H", false},
		{"another", `{"source": "x.yaml"}`, false},
		{"ours further down", "\n# HELP", false},
	} {
		dir := t.TempDir()
		file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
		if err := errors.Join(os.WriteFile(file, []byte(tt.text), 0o600), os.Symlink(file, link)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{file, link} {
			if err := workdir.Replaceable(name, "<html>", "# HELP"); (err == nil) != tt.may {
				t.Errorf("%s, %s: %v", tt.name, filepath.Base(name), err)
			}
		}
	}
	for _, name := range []string{os.DevNull, t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if err := workdir.Replaceable(name, "x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWriteThroughLink: a link that leads to what is not there yet stays, and leads to
// what was written.
func TestWriteThroughLink(t *testing.T) {
	dir := t.TempDir()
	file, link, far := filepath.Join(dir, "new", "file"), filepath.Join(dir, "link"), filepath.Join(dir, "far")
	if os.Symlink(filepath.Join("new", "file"), link) != nil || os.Symlink(link, far) != nil {
		t.Skip("there are no links here")
	}
	if err := workdir.Writable(far); err != nil {
		t.Fatal(err)
	}
	if err := workdir.Write(far, []byte("text")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "text" {
		t.Errorf("the file has %q: %v", text, err)
	}
	for _, name := range []string{link, far} {
		if info, err := os.Lstat(name); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link is now %v: %v", info, err)
		}
	}
}
