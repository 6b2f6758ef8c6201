package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is what a journal needs of a file system. Names are whole paths. Errors
// are those of package os: fs.ErrNotExist, and syscall.ENOSPC where there is no
// room.
type FS interface {
	// MkdirAll makes a folder and those above it, for their owner alone. A
	// folder that it made survives a power cut.
	MkdirAll(dir string) error
	// ReadDir returns the names in a folder, in any order.
	ReadDir(dir string) ([]string, error)
	// Create makes a file for its owner alone, to be read and written. One that
	// is there is an error.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Reopen opens a file that is there, to be read and written.
	Reopen(name string) (File, error)
	// Truncate cuts a file to a length.
	Truncate(name string, size int64) error
	// Rename gives a file another name, in the same folder. One that has it is
	// replaced.
	Rename(from, to string) error
	// Remove deletes a file.
	Remove(name string) error
	// SyncDir makes the names in a folder survive a power cut.
	SyncDir(dir string) error
	// Lock takes a file as the lock between processes, or fails at once with
	// ErrBusy, wrapped. The system gives the lock back when the process dies.
	Lock(name string) (io.Closer, error)
}

// File is a segment. A write that returns an error may have written a part.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	// Sync makes what was written survive a power cut.
	Sync() error
	Size() (int64, error)
}

// OS is the file system of the machine.
type OS struct{}

// MkdirAll makes a folder and those above it.
func (OS) MkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := (OS{}).MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// A folder in which one may make files but not list them is none to sync.
	if err := syncDir(parent); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// ReadDir returns the names in a folder.
func (OS) ReadDir(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// Create makes a file.
func (OS) Create(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600))
}

// Open opens a file for reading.
func (OS) Open(name string) (File, error) { return wrap(os.Open(name)) }

// Reopen opens a file to be read and written.
func (OS) Reopen(name string) (File, error) { return wrap(os.OpenFile(name, os.O_RDWR, 0)) }

// Truncate cuts a file.
func (OS) Truncate(name string, size int64) error { return os.Truncate(name, size) }

// Rename gives a file another name.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs the names in a folder.
func (OS) SyncDir(dir string) error { return syncDir(dir) }

// Lock takes a file as the lock between processes.
func (OS) Lock(name string) (io.Closer, error) { return lock(name) }

type osFile struct{ *os.File }

func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
