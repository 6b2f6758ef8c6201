package journal

import (
	"errors"
	"io"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// Stream reads an exchange without its body, and opens that to be read. What is
// damaged shows by the end of the body at the latest, and is an *Error; neither it nor
// what lies behind it in its partition is served any more. The body is to be closed.
func (j *Journal) Stream(p Place) (*Exchange, *Body, error) {
	f, err := j.store.fs.Open(j.store.path(p.segment))
	if err != nil {
		return nil, nil, lost(j, p, disk.Classify(err))
	}
	e, of, sum, err := readHead(f, p)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, lost(j, p, err)
	}
	b := &Body{size: of.size, stored: &storedReader{j: j, place: p, file: f, want: sum}}
	b.in = b.stored
	if of.packing != asItCame {
		b.unpacker = j.unpackers.Get().(*unpacker)
		b.unpacker.reset(b.stored)
		b.in = b.unpacker.s2
	}
	return e, b, nil
}

// lost says that an exchange cannot be read, and sees to it that it is not
// served any more.
func lost(j *Journal, p Place, err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ledger.forget(p, errors.Is(err, errDamaged))
	return &Error{j.store.path(p.segment), p.offset, "the exchange cannot be read", err}
}

// errDamaged is the cause of an Error where bytes are not what was written.
var errDamaged = errors.New("damaged")

// readHead reads an exchange without its body, how that lies on disk, and its
// checksum there.
func readHead(f disk.File, p Place) (*Exchange, form, uint32, error) {
	b := make([]byte, p.head)
	if err := readAll(f, b, p.offset); err != nil {
		return nil, form{}, 0, err
	}
	fixed := parsePrelude(b)
	if !headWhole(b) || fixed.kind != kindExchange || fixed.body != uint64(p.body) {
		return nil, form{}, 0, errDamaged
	}
	e, of, ok := readExchange(b[preludeSize:], p.body)
	if !ok {
		return nil, form{}, 0, errDamaged
	}
	return e, of, fixed.bodySum, nil
}

// Body is the body of an exchange, as it came, to be read once.
type Body struct {
	size     int64
	done     int64
	in       io.Reader
	unpacker *unpacker // that in is of; nil: none
	stored   *storedReader
}

// Size is the length of the body in bytes.
func (b *Body) Size() int64 { return b.size }

// Append appends the whole body to buf.
func (b *Body) Append(buf []byte) ([]byte, error) { return appendAll(buf, b, b.size) }

// Read reads on.
func (b *Body) Read(p []byte) (int, error) {
	if b.done == b.size {
		if err := ends(b.in); err != nil {
			return 0, b.damaged(err)
		}
		return 0, io.EOF
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.size-b.done)])
	b.done += int64(n)
	if err != nil && (b.done < b.size || !errors.Is(err, io.EOF)) {
		return n, b.damaged(err)
	}
	return n, nil
}

// damaged says that what is packed makes no sense, unless it could not be read.
func (b *Body) damaged(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	return lost(b.stored.j, b.stored.place, errDamaged)
}

// Close ends reading.
func (b *Body) Close() error {
	if b.unpacker != nil {
		b.stored.j.unpackers.Put(b.unpacker)
		b.unpacker, b.in = nil, nil
	}
	return b.stored.file.Close()
}

// storedReader reads a body as it lies on disk, and checks it at its end.
type storedReader struct {
	j     *Journal
	place Place
	file  disk.File
	done  int64 // bytes read
	sum   uint32
	want  uint32
}

func (r *storedReader) Read(b []byte) (int, error) {
	left := r.place.body - r.done
	if left == 0 {
		if r.sum != r.want {
			return 0, lost(r.j, r.place, errDamaged)
		}
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), left)]
	if err := readAll(r.file, b, r.place.offset+int64(r.place.head)+r.done); err != nil {
		return 0, lost(r.j, r.place, err)
	}
	r.sum, r.done = update(r.sum, b), r.done+int64(len(b))
	return len(b), nil
}
