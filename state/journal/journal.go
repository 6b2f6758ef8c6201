package journal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// Options are the limits of a journal, and where it lies.
type Options struct {
	MaxAge       time.Duration // since a pass's last exchange; 0: no limit
	MaxBytes     int64         // of all segments; 0: no limit
	SegmentBytes int64         // a segment is not begun a frame in beyond it; 0: 64 MiB, or an eighth of MaxBytes where that is less
	FS           disk.FS       // nil: the machine's
	Log          *slog.Logger  // debugging only; nil: none
}

const (
	defaultSegment = 64 << 20
	leastSegment   = 64 << 10
	lockName       = "lock"
)

func (o Options) segmentBytes() int64 {
	switch {
	case o.SegmentBytes > 0:
		return o.SegmentBytes
	case o.MaxBytes > 0:
		return min(defaultSegment, max(leastSegment, o.MaxBytes/8))
	}
	return defaultSegment
}

// Journal is safe for use by several goroutines.
type Journal struct {
	dir          string
	fs           disk.FS
	log          *slog.Logger
	maxAge       time.Duration
	maxBytes     int64
	segmentBytes int64
	readOnly     bool
	lock         io.Closer
	warnings     []string

	packer    packer // its lock is taken before mu
	unpackers sync.Pool

	// syncing is held while files are synced or deleted. It is taken before mu.
	syncing sync.Mutex

	mu       sync.Mutex
	index    index
	segments []*segment        // ascending
	current  *segment          // nil until this run writes; it appends to no older one
	next     uint32            // number of the next segment
	drafts   int               // that this run began
	failures map[string]string // passes of failed exchanges, by the names of their files
	size     int64             // of all segments
	dirty    []*segment        // to be synced, ascending
	newNames bool              // the folder is to be synced
	owed     []Key             // rejections to be written before the next frame
	scratch  []byte            // for frames
	failed   error             // why nothing more can be written
	closed   bool
}

// Open opens the journal in a folder, or makes it. It reads every segment, and
// cuts off what a run left at the end of the last one that is not whole.
//
// Errors: ErrBusy when another run has it, naming folder and process; *Error
// for a segment written by a newer program; those of the file system, with
// ErrFull or ErrGone where they are that. Damage is no error: see Warnings.
func Open(dir string, o Options) (*Journal, error) {
	j := newJournal(dir, o)
	if err := j.fs.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("make the folder of the journal: %w", disk.Classify(err))
	}
	held, err := j.fs.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("lock the journal in %s: %w", dir, disk.Classify(err))
	}
	j.lock = held
	if err := j.load(); err != nil {
		_ = held.Close() // nothing was written to it
		return nil, err
	}
	return j, nil
}

// OpenReadOnly opens the journal in a folder that exists, for reading. It takes
// no lock and changes nothing: while another run writes, it shows what was
// there when it was opened. What it cannot do returns ErrReadOnly.
func OpenReadOnly(dir string) (*Journal, error) {
	j := newJournal(dir, Options{})
	j.readOnly = true
	if err := j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

func newJournal(dir string, o Options) *Journal {
	j := &Journal{
		dir: dir, fs: o.FS, log: o.Log,
		maxAge: o.MaxAge, maxBytes: o.MaxBytes, segmentBytes: o.segmentBytes(),
		index: index{passes: map[string]*pass{}}, next: 1, failures: map[string]string{},
	}
	j.unpackers.New = func() any { return newUnpacker() }
	if j.fs == nil {
		j.fs = disk.OS{}
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	return j
}

// Close syncs what was appended, closes the files and gives the lock back.
// Closing again does nothing.
func (j *Journal) Close() error {
	err := j.Sync()
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	for _, s := range j.segments {
		if s.file != nil {
			err = errors.Join(err, s.file.Close())
			s.file = nil
		}
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}

// Warnings says what was damaged, cut off or left aside when the journal was
// opened, a line each.
func (j *Journal) Warnings() []string { return j.warnings }

// Size is the length of all segments in bytes.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}
