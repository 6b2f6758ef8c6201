package body

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// Body is the body of an answer. It is used from one goroutine at a time.
type Body struct {
	// Text is the body decoded, until it is released; of a long one, what its
	// reader put here.
	Text   []byte
	store  *Store
	layers Layers
	wire   []byte // as it came, where that is in memory besides Text
	place  Place  // where a long body lies; nil: in Text
	short  bool   // it need not be long
	broken *Part  // it broke off, in a file; nil: it did not
	share  *Share

	doubted bool // nobody knows yet whether it is short
}

// Place is where a long body lies, as it came off the wire.
type Place interface {
	Open() (io.ReadCloser, error) // from its first byte
}

// inMemory is the place of a body that came short, and is long once decoded.
type inMemory []byte

func (m inMemory) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m)), nil }

// Long reports whether the body does not fit into memory: it is read with Open.
func (b *Body) Long() bool { return b.place != nil }

// Short reports whether a long body would fit, if there were room: see TakeIn.
func (b *Body) Short() bool {
	if b.doubted {
		b.doubted, b.short = false, b.layers.none() || !b.decodesLong()
	}
	return b.Long() && b.short
}

// Place is where a long body lies; nil: it is in memory.
func (b *Body) Place() Place { return b.place }

// Move says that the place of a body is another one now, to which its file has
// gone. What is in memory stays there.
func (b *Body) Move(to Place) {
	if b.Long() {
		b.place = to
	}
}

// Wire is a body in memory as it came.
func (b *Body) Wire() []byte {
	if b.wire == nil && b.layers.none() {
		return b.Text
	}
	return b.wire
}

// longest is how many bytes the body may have, as it comes and decoded.
func (b *Body) longest() int64 {
	if b.layers.file() {
		return max(MaxFile, b.store.longest)
	}
	return b.store.longest
}

// Held is the memory that the text takes, in bytes.
func (b *Body) Held() int64 { return int64(cap(b.Text)) }

// ForgetWire gives back the memory of a body as it came, where that is not to be
// read again.
func (b *Body) ForgetWire() {
	if _, needed := b.place.(inMemory); !needed {
		b.store.wires.give(b.wire)
		b.wire = nil
	}
}

// Release gives all of the body's memory back, and deletes its file. Again, it
// does nothing.
func (b *Body) Release() {
	if file, ok := b.place.(File); ok {
		file.Discard()
	}
	b.store.wires.give(b.wire)
	b.store.texts.give(b.Text)
	b.wire, b.Text = nil, nil
	b.share.Give()
}

// Replace makes a text the body, in the place of what came.
func (b *Body) Replace(text []byte) {
	b.Release()
	b.layers, b.place = nil, nil
	b.Text = append(b.store.texts.take(), text...)
}

// ReadAs makes a text what is seen of a body in memory. What came stays as it is.
func (b *Body) ReadAs(text []byte) {
	if b.wire == nil {
		b.wire = b.Text
	} else {
		b.store.texts.give(b.Text)
	}
	b.Text = append(b.store.texts.take(), text...)
}

// Reader reads a long body decoded.
type Reader struct {
	N       int64 // bytes that were read
	Err     error // why no more can be read, other than io.EOF
	in      *decoder
	wire    io.Closer
	needles *needle.Reader
	most    int64
}

// Open begins to read a long body, and looks for secrets in it. The reader is to
// be closed.
func (b *Body) Open(secrets *needle.Finder) (*Reader, error) {
	wire, err := b.place.Open()
	if err != nil {
		return nil, err
	}
	in, err := b.layers.open(bufio.NewReaderSize(wire, 64<<10), wire)
	if err != nil {
		_ = wire.Close() // it was only read
		return nil, err
	}
	return &Reader{in: in, wire: wire, needles: needle.NewReader(in, secrets), most: b.longest()}, nil
}

func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.needles.Read(p)
	return n, r.count(n, err)
}

// count takes note of what was read.
func (r *Reader) count(n int, err error) error {
	if r.N += int64(n); r.N > r.most {
		err = ErrTooLong
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.Err = err
	}
	return err
}

// Found reports whether a secret was found in what was read.
func (r *Reader) Found() bool { return r.needles.Found }

// Close ends reading.
func (r *Reader) Close() error {
	r.in.close()
	return r.wire.Close()
}

// Beginning is at most so many bytes of a long body, as far as it can be read.
func (b *Body) Beginning(most int64) []byte {
	r, err := b.Open(nil)
	if err != nil {
		return nil
	}
	defer r.Close()
	begins, _ := io.ReadAll(io.LimitReader(r, most))
	return begins
}
