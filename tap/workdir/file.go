package workdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Append appends lines to a file, in one write, and makes them last. What a
// full disk or a crash broke off before stays a line of its own.
func Append(path string, lines []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if !endsLine(f) {
		lines = append([]byte{'\n'}, lines...)
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncNames(filepath.Dir(path))
}

// endsLine reports whether a file is empty or ends in a line break.
func endsLine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return true
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return err != nil || last[0] == '\n'
}

// Write writes a file that the user named: whole, as Replace does, where it is a file
// or is not there yet. What it leads to by symbolic links is written, not they; and
// what is no file, as /dev/stderr, a pipe or a terminal, is written to.
func Write(path string, data []byte) error { return write(path, data, ofOwner) }

// Publish is Write for a file that others may read. Its folder must be there: one that
// was made here they could not enter.
func Publish(path string, data []byte) error { return write(path, data, readable) }

// The modes of files: for their owner alone, and for others to read.
const (
	ofOwner  fs.FileMode = 0o600
	readable fs.FileMode = 0o644
)

func write(path string, data []byte, mode fs.FileMode) error {
	path = follow(path)
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() || info.IsDir() {
		return replace(path, data, mode)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Writable reports why Write would fail to write a file now; nil: it would not. It makes
// the file's folder, as Write does. What is no file is not tried: a pipe may have no
// reader yet.
func Writable(path string) error { return writable(path, ofOwner) }

// Publishable is Writable for Publish, which makes no folder: where that is missing, the
// error is fs.ErrNotExist.
func Publishable(path string) error { return writable(path, readable) }

func writable(path string, mode fs.FileMode) error {
	path = follow(path)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		return nil
	case path == "" || os.IsPathSeparator(path[len(path)-1]):
		return errors.New("it is the name of a folder")
	}
	f, err := createNew(path, mode)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Replaceable reports why a file that the user named must not be replaced; nil: it may be. A
// file that is not empty must begin with one of begins, as what is written there does: else
// it is another one, such as a config, whose name was given by mistake. What is no file may
// be written to.
func Replaceable(path string, begins ...string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // to write tells what is wrong
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("what the file has cannot be looked at before it is replaced: %w", err)
	}
	defer f.Close()
	head := make([]byte, len(slices.MaxFunc(begins, func(a, b string) int { return len(a) - len(b) })))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	for _, begin := range begins {
		if strings.HasPrefix(string(head[:n]), begin) {
			return nil
		}
	}
	return errors.New("the file has something else in it, which would be lost: name another file, or delete this one")
}

// follow returns what a path leads to by symbolic links, though it may not be there yet.
func follow(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path // a pipe, say, which has no name of its own
	}
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// Replace replaces a file whole: a crash leaves the old or the new one.
func Replace(path string, data []byte) error { return replace(path, data, ofOwner) }

func replace(path string, data []byte, mode fs.FileMode) error {
	return replaceBy(path, mode, func(f io.Writer) error {
		_, err := f.Write(data)
		return err
	})
}

// ReplaceBy replaces a file by what is written, whole or not at all.
func ReplaceBy(path string, write func(io.Writer) error) error {
	return replaceBy(path, ofOwner, write)
}

func replaceBy(path string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := createNew(path, mode)
	if err != nil {
		return err
	}
	err = write(f)
	if mode != ofOwner { // that of a temporary file
		err = errors.Join(err, f.Chmod(mode))
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncNames(filepath.Dir(path))
}

// createNew makes a new file that is to replace another one. The folder of one that is
// not for others is made, too, where it is missing.
func createNew(path string, mode fs.FileMode) (*os.File, error) {
	dir := filepath.Dir(path)
	if mode == ofOwner {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return os.CreateTemp(dir, newFor(path)+"*")
}

// newFor is how the name of a new file begins that is to replace another one.
func newFor(path string) string {
	const longest = 200 // bytes of a name, so that there is room for the rest
	base := filepath.Base(path)
	return "." + base[:min(len(base), longest)] + ".new-"
}

// stale is how old a new file is that nobody writes any more.
const stale = time.Minute

// Sweep removes new files beside a file that the user named, which runs left behind that
// were killed while they wrote it. It is called by the only run that writes the file.
func Sweep(path string) error {
	path = follow(path)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), newFor(path))
		if !ours || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > stale {
			err = os.Remove(filepath.Join(filepath.Dir(path), entry.Name()))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// syncNames makes the names in a folder last. Windows has no such thing.
func syncNames(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
