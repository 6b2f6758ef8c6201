package journal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

const (
	draftSuffix = ".draft"
	// draftRoom is what a draft leaves free before the body, in bytes: the
	// header of a segment, and the beginning of the one frame that it holds.
	draftRoom = 64 << 10
)

// Draft is the body of an exchange that is too long for memory, as long as it
// comes and is not kept. It lies in a file of the journal's folder that
// Append makes a segment of. It is for one goroutine at a time.
type Draft struct {
	journal *Journal
	name    string
	file    disk.File  // nil once the draft is kept or discarded
	packing *s2.Writer // nil: the body is kept as it comes
	form    form
	stored  storedWriter
	began   []byte // what a later run needs to go on with it; nil: none may
}

// Draft begins the body of an answer with these headers. What a run leaves of
// one is deleted when the journal is opened the next time.
func (j *Journal) Draft(h http.Header) (*Draft, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.store.writable(); err != nil {
		return nil, err
	}
	j.drafts++
	name := filepath.Join(j.store.dir, fmt.Sprintf("%08d%s", j.drafts, draftSuffix))
	f, err := j.store.fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("make a draft in the journal: %w", disk.Classify(err))
	}
	d := &Draft{journal: j, name: name, file: f, stored: storedWriter{file: f}}
	if packs(h) {
		d.packing, d.form.packing = newPacking(&d.stored), packedS2
	}
	return d, nil
}

// Write appends to the body. After an error the draft is of no use.
func (d *Draft) Write(b []byte) (int, error) {
	out := io.Writer(&d.stored)
	if d.packing != nil {
		out = d.packing
	}
	n, err := out.Write(b)
	if d.form.size += int64(n); err != nil {
		return n, fmt.Errorf("write to the journal %s: %w", d.name, disk.Classify(err))
	}
	return n, nil
}

// flush writes out what waits to be packed.
func (d *Draft) flush() error {
	if d.packing == nil {
		return nil
	}
	if err := d.packing.Flush(); err != nil {
		return fmt.Errorf("write to the journal %s: %w", d.name, disk.Classify(err))
	}
	return nil
}

// Open reads the body from its beginning, as far as it was written, until the
// draft is kept or discarded. The reader is to be closed.
func (d *Draft) Open() (io.ReadCloser, error) {
	if err := d.flush(); err != nil {
		return nil, err
	}
	in := io.NewSectionReader(d.file, draftRoom, d.stored.size)
	if d.packing == nil {
		return io.NopCloser(in), nil
	}
	u := d.journal.unpackers.Get().(*unpacker)
	u.reset(in)
	return &draftReader{u.s2, u, d.journal}, nil
}

// draftReader reads a draft that is packed.
type draftReader struct {
	io.Reader
	unpacker *unpacker
	journal  *Journal
}

func (r *draftReader) Close() error {
	r.journal.unpackers.Put(r.unpacker)
	return nil
}

// storedWriter writes a body to its draft as it is to lie on disk.
type storedWriter struct {
	file disk.File
	size int64
	sum  uint32
}

func (w *storedWriter) Write(b []byte) (int, error) {
	if err := writeAll(w.file, b, draftRoom+w.size); err != nil {
		return 0, err
	}
	w.size, w.sum = w.size+int64(len(b)), update(w.sum, b)
	return len(b), nil
}

// Discard deletes a draft, unless it was kept.
func (d *Draft) Discard() {
	if d.file == nil {
		return
	}
	_ = d.file.Close() // nothing of it is needed
	d.file = nil
	if err := d.journal.store.fs.Remove(d.name); err != nil {
		d.journal.store.log.Debug("journal: a draft cannot be deleted: the next run will delete it", "file", d.name, "why", err)
	}
}

// Append is Journal.Append for an exchange whose body is the draft: e.Body is not
// looked at. The body is synced; after an error the draft is as it was.
func (d *Draft) Append(e *Exchange) (Place, error) {
	place, err := d.keep(e)
	if err != nil {
		return Place{}, fmt.Errorf("keep %v in the journal: %w", e.Key, err)
	}
	return place, nil
}

// keep makes the draft the body of an exchange.
func (d *Draft) keep(e *Exchange) (Place, error) {
	if d.file == nil {
		return Place{}, errors.New("the draft was kept or discarded before")
	}
	if err := d.flush(); err != nil {
		return Place{}, err
	}
	if err := d.file.Sync(); err != nil { // it takes longest, and nobody waits for it
		return Place{}, fmt.Errorf("sync %s: %w", d.name, disk.Classify(err))
	}
	j := d.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.ledger.passFor(e)
	if err == nil {
		err = j.ledger.writePending()
	}
	if err != nil {
		return Place{}, err
	}
	anew := p.partitions.get(e.Partition).anew(e.N)
	s, err := d.adopt(e, anew)
	if err != nil {
		return Place{}, err
	}
	place := Place{s.number, draftRoom - headerSize, headerSize, d.stored.size}
	p.put(e, place, anew)
	return place, nil
}

// adopt makes a segment of a draft, by what stands before its body and by its
// name. Nothing is appended to it.
func (d *Draft) adopt(e *Exchange, anew bool) (*segment, error) {
	st := d.journal.store
	s := st.nextSegment()
	b := appendExchange(nil, e, anew, d.form)
	free := draftRoom - headerSize - len(b)
	if free < 0 {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrLongHead, len(b), draftRoom-headerSize)
	}
	b = slices.Concat(b, make([]byte, draftRoom-headerSize-len(b)))
	if free >= len(d.began) { // as long as the draft has its own name, a run may go on with it
		copy(b[len(b)-len(d.began):], d.began)
	}
	copy(b, s.tag[:])
	sealSum(b, kindExchange, d.stored.sum, d.stored.size)
	err := writeAll(d.file, append(s.header(), b...), 0)
	if err == nil {
		err = d.file.Sync()
	}
	if err == nil {
		err = d.rename(st.path(s.number))
	}
	if err != nil {
		return nil, fmt.Errorf("make a segment of %s: %w", d.name, disk.Classify(err))
	}
	s.size = draftRoom + d.stored.size
	st.addDraft(s)
	return s, nil
}

// rename closes a draft, since some systems rename no open file, and gives it
// the name of a segment. Where that fails the draft is opened again.
func (d *Draft) rename(name string) error {
	fs := d.journal.store.fs
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
