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
	awake        int           // partitions of each pass that are not packed, for tests; 0: mostAwake
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
	// Warnings say what was damaged, cut off or not used when the journal was
	// opened.
	Warnings []string
	Failures Failures // its lock is taken after mu
	Passes   Passes

	maxAge   time.Duration
	maxBytes int64
	lock     io.Closer

	packer    packer // its lock is taken before mu
	unpackers sync.Pool

	// syncing is held while files are synced or deleted. It is taken before mu.
	syncing sync.Mutex

	mu     sync.Mutex
	store  *store
	ledger *ledger
	drafts int // that this run began
}

// Open opens the journal in a folder, or makes it. It reads every segment, and
// cuts off what a run left at the end of the last one that is not whole.
//
// Errors: ErrBusy when another run has it, naming folder and process; *Error
// for a segment written by a newer program; those of the file system, with
// ErrFull or ErrGone where they are that. Damage is no error: see Warnings.
func Open(dir string, o Options) (*Journal, error) {
	j := newJournal(dir, o)
	if err := j.store.fs.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("make the folder of the journal: %w", disk.Classify(err))
	}
	held, err := j.store.fs.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("lock the journal in %s: %w", dir, disk.Classify(err))
	}
	j.lock = held
	if err := load(j); err != nil {
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
	j.store.readOnly = true
	if err := load(j); err != nil {
		return nil, err
	}
	return j, nil
}

func newJournal(dir string, o Options) *Journal {
	if o.FS == nil {
		o.FS = disk.OS{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	st := &store{dir: dir, fs: o.FS, log: o.Log, segmentBytes: o.segmentBytes(), next: 1}
	j := &Journal{
		maxAge: o.MaxAge, maxBytes: o.MaxBytes, store: st, ledger: newLedger(st, o.awake),
		Failures:  Failures{dir: dir, fs: o.FS, passes: map[string]string{}},
		unpackers: sync.Pool{New: func() any { return newUnpacker() }},
	}
	j.Passes.journal = j
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
	if j.store.closed {
		return nil
	}
	err = errors.Join(err, j.store.close())
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}

// Size is the length of all segments in bytes.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.store.size
}
