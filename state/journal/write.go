package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// joined is the size up to which a body is copied behind its head, so that one
// write does for both.
const joined = 32 << 10

// writable says why nothing may be written, or nil.
func (j *Journal) writable() error {
	switch {
	case j.readOnly:
		return ErrReadOnly
	case j.closed:
		return errors.New("the journal is closed")
	}
	return j.failed
}

// write appends a sealed frame and its body, behind the marks that are owed. It
// is called with mu held.
func (j *Journal) write(b, body []byte) (Place, error) {
	if err := j.payOwed(); err != nil {
		return Place{}, err
	}
	s, err := j.room(int64(len(b) + len(body)))
	if err != nil {
		return Place{}, err
	}
	copy(b, s.mark[:])
	p := Place{s.number, uint32(len(b)), s.size, int64(len(body))}
	return p, j.commit(s, b, body)
}

// writeMark writes a mark twice, both or none: it must survive where one of
// them is damaged. It returns the segment.
func (j *Journal) writeMark(b, body []byte) (uint32, error) {
	if err := j.payOwed(); err != nil {
		return 0, err
	}
	return j.putMark(append(b, body...))
}

func (j *Journal) payOwed() error {
	if err := j.writable(); err != nil {
		return err
	}
	for len(j.owed) > 0 {
		k := j.owed[0]
		segment, err := j.putMark(runFrame(kindReject, k, 0))
		if err != nil {
			return err
		}
		j.owed = j.owed[1:]
		if p := j.index.passes[k.Pass]; p != nil {
			p.segs = note(p.segs, segment)
			p.run(k.Partition, k.Generation, segment)
		}
	}
	return nil
}

func (j *Journal) putMark(b []byte) (uint32, error) {
	s, err := j.room(int64(2 * len(b)))
	if err != nil {
		return 0, err
	}
	copy(b, s.mark[:])
	return s.number, j.commit(s, append(b, b...), nil)
}

// commit writes at the end of a segment, all of it or nothing.
func (j *Journal) commit(s *segment, b, body []byte) error {
	s.touch(j)
	if err := writeParts(s.file, b, body, s.size); err != nil {
		return j.undo(s, err)
	}
	s.size += int64(len(b) + len(body))
	j.size += int64(len(b) + len(body))
	return nil
}

// room returns the segment for a frame of a size.
func (j *Journal) room(size int64) (*segment, error) {
	if s := j.current; s != nil && (s.size == headerSize || s.size+size <= j.segmentBytes) {
		return s, nil
	}
	s, err := j.newSegment()
	if err != nil {
		return nil, err
	}
	s.touch(j)
	j.current = s
	j.segments = append(j.segments, s)
	j.size += s.size
	j.log.Debug("journal: new segment", "file", j.path(s.number))
	return s, nil
}

// touch notes that a segment must be synced.
func (s *segment) touch(j *Journal) {
	if !s.dirty {
		s.dirty = true
		j.dirty = append(j.dirty, s)
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
func (j *Journal) undo(s *segment, cause error) error {
	if err := s.file.Truncate(s.size); err != nil {
		j.failed = fmt.Errorf("%w: cut %s after a write that failed: %w", ErrFailed, j.path(s.number), err)
	}
	return disk.Classify(cause)
}

// Sync makes everything that was appended before survive a power cut. It is one
// fdatasync, and nothing where nothing was appended. Appending goes on
// meanwhile. After an error nothing more can be written (ErrFailed): the system
// may say of a second sync that it worked, and have thrown the data away.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	files, names, err := j.takeDirty()
	if err != nil {
		return err
	}
	for _, s := range files {
		if err := s.file.Sync(); err != nil {
			return j.fail(j.path(s.number), err)
		}
	}
	if names {
		if err := j.fs.SyncDir(j.dir); err != nil {
			return j.fail(j.dir, err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closeFull(files)
	return nil
}

// takeDirty takes over what must be synced.
func (j *Journal) takeDirty() (files []*segment, names bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.readOnly {
		return nil, false, nil
	}
	if err := j.writable(); err != nil {
		return nil, false, err
	}
	files, names = j.dirty, j.newNames
	j.dirty, j.newNames = nil, false
	for _, s := range files {
		s.dirty = false
	}
	return files, names, nil
}

// closeFull closes segments that were synced and are written in full.
func (j *Journal) closeFull(files []*segment) {
	for _, s := range files {
		if s != j.current && !s.dirty {
			_ = s.file.Close() // it is synced: nothing can be lost
			s.file = nil
		}
	}
}

// fail ends writing for this run, after a sync that failed.
func (j *Journal) fail(name string, cause error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.unsynced(name, cause)
}

func (j *Journal) unsynced(name string, cause error) error {
	j.failed = fmt.Errorf("%w: sync %s: %w", ErrFailed, name, disk.Classify(cause))
	return j.failed
}

// syncCurrent syncs what is written, with syncing and mu held.
func (j *Journal) syncCurrent() error {
	for _, s := range j.dirty {
		if err := s.file.Sync(); err != nil {
			return j.unsynced(j.path(s.number), err)
		}
	}
	if err := j.fs.SyncDir(j.dir); err != nil {
		return j.unsynced(j.dir, err)
	}
	for _, s := range j.dirty {
		s.dirty = false
	}
	j.closeFull(j.dirty)
	j.dirty, j.newNames = nil, false
	return nil
}
