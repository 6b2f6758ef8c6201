package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// start runs this binary as another process, and returns what it prints.
func start(t *testing.T, do, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_DO="+do, "JOURNAL_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "open")
	cmd, out := start(t, "hold", dir)
	if !out.Scan() || out.Text() != "open" {
		t.Fatalf("the other process said %q", out.Text())
	}
	_, err := Open(dir, Options{})
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), strconv.Itoa(cmd.Process.Pid)) {
		t.Errorf("error %v, want ErrBusy with process %d and %s", err, cmd.Process.Pid, dir)
	}
	if _, err := OpenReadOnly(dir); err != nil {
		t.Errorf("for reading: %v", err)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	closed(t, open(t, dir, Options{}))
	closed(t, open(t, dir, Options{}))
}

// TestTwice opens a journal twice in one process.
func TestTwice(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrBusy) {
		t.Errorf("error %v, want ErrBusy", err)
	}
}

// TestKill kills a process that writes, again and again. Everything that it said
// was synced is there, and nothing else than what it wrote.
func TestKill(t *testing.T) {
	dir, m := t.TempDir(), newModel()
	total := 0
	rounds := 15
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds {
		cmd, out := start(t, "write", dir)
		synced := -1
		timer := time.AfterFunc(time.Duration(20+7*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for out.Scan() {
			n, err := strconv.Atoi(out.Text())
			if err != nil {
				t.Fatalf("the writer said %q", out.Text())
			}
			synced = n
		}
		timer.Stop()
		_ = cmd.Wait()
		j := open(t, dir, Options{})
		for n := range synced + 1000 {
			k := Key{"a", "p", 0, n}
			if m.given[k] == nil {
				m.give(exchange("a", "p", 0, n, 0))
			}
		}
		for n := range total {
			if _, _, ok := j.Lookup(Key{"a", "p", 0, n}); !ok {
				t.Fatalf("round %d: exchange %d was served before, and is not there", round, n)
			}
		}
		got := total + len(m.walk(t, j, "a", "p", total))
		if got <= synced || got < total {
			t.Errorf("round %d: %d served, %d were synced, %d before", round, got, synced+1, total)
		}
		total = got
		closed(t, j)
	}
	j := open(t, dir, Options{})
	if got := len(m.walk(t, j, "a", "p", 0)); got != total || total == 0 {
		t.Errorf("in the end %d are served, of %d that came to be written", got, total)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions")
	}
	top := t.TempDir()
	dir := filepath.Join(top, "state", "source")
	j := open(t, dir, Options{SegmentBytes: 1})
	begin(t, j, "a")
	must(t, j.Passes.Finish("a"))
	closed(t, j)
	files := 0
	must(t, filepath.WalkDir(filepath.Join(top, "state"), func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = fs.ModeDir | 0o700
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		files++
		return nil
	}))
	if files != 5 {
		t.Errorf("%d files and folders, want 5", files)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	closed(t, open(t, dir, Options{}))
	must(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		f.Close()
		t.Skip("permissions do not hold for this user")
	}
	j, err := Open(dir, Options{})
	if err == nil {
		defer j.Close()
		err = j.Passes.Begin(Pass{ID: "a"})
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v, want fs.ErrPermission", err)
	}
}

func TestVanished(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "x"), newModel()
	j := open(t, dir, Options{SegmentBytes: 1})
	begin(t, j, "a")
	place := m.addTake(t, j, "a", "p", 0, 0)
	must(t, j.Sync())
	must(t, os.RemoveAll(dir))
	if _, err := j.Append(exchange("a", "p", 0, 1, 0)); !errors.Is(err, ErrGone) {
		t.Errorf("append: %v, want ErrGone", err)
	}
	if _, err := j.Read(place, nil); !errors.Is(err, ErrGone) {
		t.Errorf("read: %v, want ErrGone", err)
	}
}

// TestFullDevice fills a real file system, and empties it again.
func TestFullDevice(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "journal-test", dir).CombinedOutput(); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v: %s", err, out)
	}
	defer exec.Command("umount", dir).Run()
	m := newModel()
	j := open(t, dir, Options{SegmentBytes: 100_000})
	begin(t, j, "a")
	full := 0
	for n := 0; full == 0; n++ {
		e := exchange("a", "p", 0, n, 0)
		e.Body = []byte(strings.Repeat(fmt.Sprint(n, " "), 5000))
		e.Header.Set("Content-Encoding", "br") // it is not packed: what is left of the disk holds a mark
		m.give(e)
		_, err := j.Append(e)
		if err != nil && !errors.Is(err, ErrFull) {
			t.Fatalf("append: %v, want ErrFull", err)
		}
		if err != nil {
			full = n
		}
	}
	must(t, j.Sync())
	if full < 10 || len(m.walk(t, j, "a", "p", 0)) != full {
		t.Errorf("%d exchanges before the disk was full", full)
	}
	must(t, j.Close())
	j = open(t, dir, Options{SegmentBytes: 100_000, MaxBytes: 300_000})
	if got := len(m.walk(t, j, "a", "p", 0)); got != full {
		t.Errorf("%d served when opened again, want %d", got, full)
	}
	j.Emitted(Key{"a", "p", 0, full})
	if _, err := j.Prune(noon); err != nil {
		t.Fatalf("prune a full disk: %v", err)
	}
	m.addTake(t, j, "a", "p", full, 0)
	must(t, j.Close())
}
