package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// joined is the size up to which a body is copied behind its head, so that one
// write does for both.
const joined = 32 << 10

// store is the segments of a journal: frames are written at the end of the
// current one. It knows nothing of what they say. Its methods are called with
// the journal's mu held.
type store struct {
	dir          string
	fs           disk.FS
	log          *slog.Logger
	segmentBytes int64
	readOnly     bool

	segments []*segment // ascending
	current  *segment   // nil until this run writes; it appends to no older one
	next     uint32     // number of the next segment
	size     int64      // of all segments
	dirty    []*segment // to be synced, ascending
	newNames bool       // the folder is to be synced
	failed   error      // why nothing more can be written
	closed   bool
}

func (st *store) path(number uint32) string {
	return filepath.Join(st.dir, segmentName(number))
}

// writable says why nothing may be written, or nil.
func (st *store) writable() error {
	switch {
	case st.readOnly:
		return ErrReadOnly
	case st.closed:
		return errors.New("the journal is closed")
	}
	return st.failed
}

// append writes a sealed frame and its body.
func (st *store) append(b, body []byte) (Place, error) {
	s, err := st.room(int64(len(b) + len(body)))
	if err != nil {
		return Place{}, err
	}
	copy(b, s.tag[:])
	p := Place{s.number, uint32(len(b)), s.size, int64(len(body))}
	return p, st.commit(s, b, body)
}

// appendTwice writes a sealed frame two times, both or none. It returns the
// segment.
func (st *store) appendTwice(b []byte) (uint32, error) {
	s, err := st.room(int64(2 * len(b)))
	if err != nil {
		return 0, err
	}
	copy(b, s.tag[:])
	return s.number, st.commit(s, append(b, b...), nil)
}

// commit writes at the end of a segment, all of it or nothing.
func (st *store) commit(s *segment, b, body []byte) error {
	st.markDirty(s)
	if err := writeParts(s.file, b, body, s.size); err != nil {
		return st.undo(s, err)
	}
	s.size += int64(len(b) + len(body))
	st.size += int64(len(b) + len(body))
	return nil
}

// room returns the segment for a frame of a size.
func (st *store) room(size int64) (*segment, error) {
	if s := st.current; s != nil && (s.size == headerSize || s.size+size <= st.segmentBytes) {
		return s, nil
	}
	s, err := st.newSegment()
	if err != nil {
		return nil, err
	}
	st.markDirty(s)
	st.current = s
	st.segments = append(st.segments, s)
	st.size += s.size
	st.log.Debug("journal: new segment", "file", st.path(s.number))
	return s, nil
}

// markDirty notes that a segment must be synced.
func (st *store) markDirty(s *segment) {
	if !s.dirty {
		s.dirty = true
		st.dirty = append(st.dirty, s)
	}
}

func writeParts(f disk.File, b, body []byte, offset int64) error {
	if len(body) <= joined {
		return writeAll(f, append(b, body...), offset)
	}
	if err := writeAll(f, b, offset); err != nil {
		return err
	}
	return writeAll(f, body, offset+int64(len(b)))
}

func writeAll(f disk.File, b []byte, offset int64) error {
	n, err := f.WriteAt(b, offset)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// undo cuts off what a write left that failed. Where that fails too, nothing
// may be written behind it.
func (st *store) undo(s *segment, cause error) error {
	if err := s.file.Truncate(s.size); err != nil {
		st.failed = fmt.Errorf("%w: cut %s after a write that failed: %w", ErrFailed, st.path(s.number), err)
	}
	return disk.Classify(cause)
}

// nextSegment returns what the next segment is, without a file.
func (st *store) nextSegment() *segment {
	s := &segment{number: st.next, size: headerSize}
	if n := len(st.segments); n > 0 {
		s.before = segmentEnd{st.segments[n-1].number, st.segments[n-1].size}
	}
	// It never fails: without randomness the process ends.
	_, _ = rand.Read(s.tag[:])
	return s
}

// newSegment makes the next segment with nothing but its header.
func (st *store) newSegment() (*segment, error) {
	s := st.nextSegment()
	name := st.path(s.number)
	f, err := st.fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("make a segment of the journal: %w", disk.Classify(err))
	}
	if err := writeAll(f, s.header(), 0); err != nil {
		_ = f.Close()
		if st.fs.Remove(name) != nil {
			// What is left there is no segment, and its name is taken.
			st.next++
		}
		return nil, fmt.Errorf("make the segment %s of the journal: %w", name, disk.Classify(err))
	}
	s.file = f
	st.next++
	st.newNames = true
	return s, nil
}

// addDraft makes a segment of a file that holds one whole frame.
func (st *store) addDraft(s *segment) {
	st.next++
	st.size += s.size
	st.segments, st.current, st.newNames = append(st.segments, s), nil, true
	st.log.Debug("journal: new segment", "file", st.path(s.number), "bytes", s.size)
}

// remove deletes a segment.
func (st *store) remove(s *segment) error {
	if s.file != nil {
		_ = s.file.Close() // what was not synced is not needed
		st.dirty = slices.DeleteFunc(st.dirty, func(d *segment) bool { return d == s })
	}
	if err := st.fs.Remove(st.path(s.number)); err != nil {
		return fmt.Errorf("delete a segment of the journal: %w", disk.Classify(err))
	}
	st.log.Debug("journal: segment deleted", "file", st.path(s.number), "bytes", s.size)
	st.segments = slices.DeleteFunc(st.segments, func(other *segment) bool { return other == s })
	st.size -= s.size
	st.newNames = true
	return nil
}

// clear deletes all segments, the newest first.
func (st *store) clear() error {
	for _, s := range slices.Backward(slices.Clone(st.segments)) {
		if s.file != nil {
			_ = s.file.Close() // nothing of it is needed
			s.file = nil
		}
		if err := st.fs.Remove(st.path(s.number)); err != nil {
			st.failed = ErrFailed // what is known of it is no longer what is there
			return fmt.Errorf("delete a segment of the journal: %w", disk.Classify(err))
		}
		st.segments = st.segments[:len(st.segments)-1]
		st.size -= s.size
	}
	st.current, st.dirty, st.newNames = nil, nil, true
	return nil
}

// close closes the files.
func (st *store) close() (err error) {
	st.closed = true
	for _, s := range st.segments {
		if s.file != nil {
			err = errors.Join(err, s.file.Close())
			s.file = nil
		}
	}
	return err
}
