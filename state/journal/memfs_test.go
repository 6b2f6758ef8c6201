package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// memFS is a file system that fails when told to, and that knows what of it a
// power cut would leave.
type memFS struct {
	mu     sync.Mutex
	files  map[string]*memData
	named  map[string]*memData // names that survive
	locked map[string]bool

	ops   int                // changes so far
	fault func(op int) error // asked before each change; nil: none fails
	after int                // bytes that a failing write writes all the same
	trace []string           // the changes
}

type memData struct {
	now    []byte
	synced []byte
	since  []change // since the last sync
}

// change is a write, or a cut where data is nil.
type change struct {
	off  int64
	data []byte
}

func newMemFS() *memFS {
	return &memFS{files: map[string]*memData{}, named: map[string]*memData{}, locked: map[string]bool{}}
}

// change counts a change, and says whether it fails.
func (m *memFS) change(what, name string) error {
	m.ops++
	m.trace = append(m.trace, what+" "+filepath.Base(name))
	if m.fault == nil {
		return nil
	}
	if err := m.fault(m.ops); err != nil {
		return &fs.PathError{Op: what, Path: name, Err: err}
	}
	return nil
}

func (m *memFS) MkdirAll(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.change("mkdir", dir)
}

func (m *memFS) ReadDir(string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.files {
		names = append(names, filepath.Base(name))
	}
	return names, nil
}

func (m *memFS) Create(name string) (disk.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change("create", name); err != nil {
		return nil, err
	}
	if m.files[name] != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	m.files[name] = &memData{}
	return &memFile{fs: m, name: name, data: m.files[name]}, nil
}

func (m *memFS) Open(name string) (disk.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.files[name]
	if d == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{fs: m, name: name, data: d}, nil
}

func (m *memFS) Reopen(name string) (disk.File, error) { return m.Open(name) }

func (m *memFS) Truncate(name string, size int64) error {
	f, err := m.Open(name)
	if err != nil {
		return err
	}
	return f.Truncate(size)
}

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change("remove", name); err != nil {
		return err
	}
	delete(m.files, name)
	return nil
}

func (m *memFS) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change("rename", to); err != nil {
		return err
	}
	if m.files[from] == nil || m.files[to] != nil && filepath.Ext(to) == suffix {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrInvalid}
	}
	m.files[to] = m.files[from]
	delete(m.files, from)
	return nil
}

func (m *memFS) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change("syncdir", dir); err != nil {
		return err
	}
	m.named = maps.Clone(m.files)
	return nil
}

func (m *memFS) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked[name] {
		return nil, fmt.Errorf("%w by process 1", ErrBusy)
	}
	m.locked[name] = true
	return memLock{m, name}, nil
}

type memLock struct {
	fs   *memFS
	name string
}

func (l memLock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	delete(l.fs.locked, l.name)
	return nil
}

type memFile struct {
	fs     *memFS
	name   string
	data   *memData
	closed bool
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if off >= int64(len(f.data.now)) {
		return 0, io.EOF
	}
	n := copy(b, f.data.now[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.change("write", f.name); err != nil {
		n := min(f.fs.after, len(b))
		f.data.apply(change{off, bytes.Clone(b[:n])})
		return n, err
	}
	f.data.apply(change{off, bytes.Clone(b)})
	return len(b), nil
}

func (f *memFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.change("truncate", f.name); err != nil {
		return err
	}
	f.data.apply(change{off: size})
	return nil
}

func (f *memFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	if err := f.fs.change("sync", f.name); err != nil {
		return err
	}
	f.data.synced, f.data.since = bytes.Clone(f.data.now), nil
	return nil
}

func (f *memFile) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.data.now)), nil
}

func (f *memFile) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.closed {
		return errors.New("closed twice")
	}
	f.closed = true
	return nil
}

func (d *memData) apply(c change) {
	d.since = append(d.since, c)
	d.now = c.on(d.now)
}

func (c change) on(b []byte) []byte {
	if c.data == nil {
		return b[:min(len(b), int(c.off))]
	}
	if grow := int(c.off) + len(c.data) - len(b); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	copy(b[c.off:], c.data)
	return b
}

// crash returns what a power cut leaves: all that was synced, and of the rest
// anything: nothing, all, or writes torn at any byte.
func (m *memFS) crash(r *rand.Rand) *memFS {
	left := newMemFS()
	for name, d := range m.files {
		if m.named[name] != d && r.IntN(2) == 0 {
			continue
		}
		b := d.crash(r)
		left.files[name] = &memData{now: b, synced: bytes.Clone(b)}
	}
	// A deletion that was not synced may not have happened.
	for name, d := range m.named {
		if m.files[name] == nil && r.IntN(2) == 0 {
			b := d.crash(r)
			left.files[name] = &memData{now: b, synced: bytes.Clone(b)}
		}
	}
	left.named = maps.Clone(left.files)
	return left
}

func (d *memData) crash(r *rand.Rand) []byte {
	b := bytes.Clone(d.synced)
	for _, c := range d.since {
		switch r.IntN(4) {
		case 0: // lost
		case 1: // torn
			if c.data != nil {
				b = change{c.off, c.data[:r.IntN(len(c.data)+1)]}.on(b)
			}
		default:
			b = c.on(b)
		}
	}
	return b
}

// clone copies the files, so that a test can damage them.
func (m *memFS) clone() *memFS {
	c := newMemFS()
	for name, d := range m.files {
		c.files[name] = &memData{now: slices.Clone(d.now), synced: slices.Clone(d.now)}
	}
	c.named = maps.Clone(c.files)
	return c
}

// failAt fails one change, or all from there on.
func failAt(at int, forGood bool) func(int) error {
	return func(op int) error {
		if op == at || forGood && op > at {
			return syscall.ENOSPC
		}
		return nil
	}
}
