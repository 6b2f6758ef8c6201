package journal

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

const (
	draftSuffix = ".draft"
	// draftRoom is what a draft leaves free before the body, in bytes: the
	// header of a segment, and the beginning of the one frame that it holds.
	draftRoom = 64 << 10
)

// Draft is the body of an exchange that is too long for memory, as long as it
// comes and is not recorded. It lies in a file of the journal's folder that
// AppendDraft makes a segment of. It is for one goroutine at a time.
type Draft struct {
	journal *Journal
	name    string
	file    File // nil once it is recorded or discarded
	size    int64
	sum     uint32
}

// Draft begins a body. What a run leaves of one is deleted when the journal is
// opened the next time.
func (j *Journal) Draft() (*Draft, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.writable(); err != nil {
		return nil, err
	}
	j.drafts++
	name := filepath.Join(j.dir, fmt.Sprintf("%08d%s", j.drafts, draftSuffix))
	f, err := j.fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("make a draft in the journal: %w", classify(err))
	}
	return &Draft{journal: j, name: name, file: f}, nil
}

// Write appends to the body.
func (d *Draft) Write(b []byte) (int, error) {
	if err := writeAll(d.file, b, draftRoom+d.size); err != nil {
		return 0, fmt.Errorf("write to the journal %s: %w", d.name, classify(err))
	}
	d.size, d.sum = d.size+int64(len(b)), update(d.sum, b)
	return len(b), nil
}

// Open reads the body from its beginning, until the draft is recorded or
// discarded.
func (d *Draft) Open() io.Reader { return io.NewSectionReader(d.file, draftRoom, d.size) }

// Discard deletes a draft, unless it was recorded.
func (d *Draft) Discard() {
	if d.file == nil {
		return
	}
	_ = d.file.Close() // nothing of it is needed
	d.file = nil
	if err := d.journal.fs.Remove(d.name); err != nil {
		d.journal.log.Debug("journal: a draft is left for the next run to delete", "file", d.name, "why", err)
	}
}

// AppendDraft is Append for an exchange whose body is a draft: e.Body is not
// looked at. The body is synced; after an error the draft is as it was.
func (j *Journal) AppendDraft(e *Exchange, d *Draft) (Place, error) {
	place, err := j.appendDraft(e, d)
	if err != nil {
		return Place{}, fmt.Errorf("record %v: %w", e.Key, err)
	}
	return place, nil
}

func (j *Journal) appendDraft(e *Exchange, d *Draft) (Place, error) {
	if d.file == nil {
		return Place{}, errors.New("the draft is recorded or discarded")
	}
	if err := d.file.Sync(); err != nil { // it takes longest, and nobody waits for it
		return Place{}, fmt.Errorf("sync %s: %w", d.name, classify(err))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.passFor(e)
	if err == nil {
		err = j.payOwed()
	}
	if err != nil {
		return Place{}, err
	}
	anew := p.runs[e.Partition].anew(e.N)
	s, err := j.adopt(e, anew, d)
	if err != nil {
		return Place{}, err
	}
	place := Place{s.number, draftRoom - headerSize, headerSize, d.size}
	p.put(e, place, anew)
	return place, nil
}

// adopt makes a segment of a draft, by what stands before its body and by its
// name. Nothing is appended to it.
func (j *Journal) adopt(e *Exchange, anew bool, d *Draft) (*segment, error) {
	s := j.nextSegment()
	short := *e
	short.Body = nil
	b := appendExchange(nil, &short, anew)
	if free := draftRoom - headerSize - len(b); free < 0 {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrLongHead, len(b), draftRoom-headerSize)
	}
	b = slices.Concat(b, make([]byte, draftRoom-headerSize-len(b)))
	copy(b, s.mark[:])
	sealSum(b, kindExchange, d.sum, d.size)
	err := writeAll(d.file, append(s.header(), b...), 0)
	if err == nil {
		err = d.file.Sync()
	}
	if err == nil {
		err = d.rename(j.path(s.number))
	}
	if err != nil {
		return nil, fmt.Errorf("make a segment of %s: %w", d.name, classify(err))
	}
	s.size = draftRoom + d.size
	j.next++
	j.size += s.size
	j.segments, j.current, j.newNames = append(j.segments, s), nil, true
	j.log.Debug("journal: new segment", "file", j.path(s.number), "bytes", s.size)
	return s, nil
}

// rename closes a draft, since some systems rename no open file, and gives it
// the name of a segment. Where that fails the draft is opened again.
func (d *Draft) rename(name string) error {
	fs := d.journal.fs
	if err := d.file.Close(); err != nil {
		d.file = nil
		return errors.Join(err, fs.Remove(d.name))
	}
	d.file = nil
	err := fs.Rename(d.name, name)
	if err == nil {
		return nil
	}
	var openErr error
	if d.file, openErr = fs.Open(d.name); openErr != nil {
		d.file = nil
	}
	return errors.Join(err, openErr)
}

// removeDrafts deletes what an earlier run left of bodies that were not whole.
func (j *Journal) removeDrafts(names []string) {
	for _, name := range names {
		if j.readOnly || !strings.HasSuffix(name, draftSuffix) {
			continue
		}
		name = filepath.Join(j.dir, name)
		if err := j.fs.Remove(name); err != nil {
			j.warnings = append(j.warnings, fmt.Sprintf("%s: what a run left of an answer cannot be deleted: %v", name, err))
		}
	}
}
