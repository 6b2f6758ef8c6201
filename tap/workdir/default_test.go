package workdir_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/tap/workdir"
)

// TestDefault: a user without a home gets a folder in the temporary one only
// where it is theirs alone.
func TestDefault(t *testing.T) {
	name := "tap-rest-" + strconv.Itoa(os.Getuid())
	for _, tt := range []struct {
		name string
		make func(dir string) error
		want string // of the error; "": none
	}{
		{"nothing is there", func(string) error { return nil }, ""},
		{"ours", func(dir string) error { return os.Mkdir(dir, 0o700) }, ""},
		{"open to others", func(dir string) error {
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			return os.Chmod(dir, 0o755)
		}, "others have access to it (mode 0755)"},
		{"a link", func(dir string) error {
			if err := os.Mkdir(dir+"-else", 0o700); err != nil {
				return err
			}
			return os.Symlink(dir+"-else", dir)
		}, "it is a link or a file"},
		{"a file", func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "it is a link or a file"},
		{"another user's", func(dir string) error {
			if os.Getuid() != 0 {
				t.Skip("only root can give a folder away")
			}
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			return os.Chown(dir, 12345, 12345)
		}, "it is another user's"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("HOME", "")
			t.Setenv("XDG_STATE_HOME", "")
			t.Setenv("TMPDIR", temp)
			if err := tt.make(filepath.Join(temp, name)); err != nil {
				t.Fatal(err)
			}
			got, err := workdir.Default()
			if tt.want == "" {
				if err != nil || got != filepath.Join(temp, name) {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "set HOME, or XDG_STATE_HOME") {
				t.Errorf("got %q, %v, want %s", got, err, tt.want)
			}
			t.Setenv("XDG_STATE_HOME", "/x")
			if got, err := workdir.Default(); err != nil || got != "/x/tap-rest" {
				t.Errorf("with XDG_STATE_HOME: %q, %v", got, err)
			}
		})
	}
}

// TestOnce: all get what one of them wrote.
func TestOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "salt")
	var all [50]string
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			got, err := workdir.Once(file, func() []byte { return []byte(strconv.Itoa(i)) })
			if err != nil {
				t.Error(err)
			}
			all[i] = string(got)
		})
	}
	wg.Wait()
	for i, got := range all {
		if got != all[0] || got == "" {
			t.Errorf("%d got %q, and 0 got %q", i, got, all[0])
		}
	}
}
