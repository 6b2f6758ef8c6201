package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	// Max is the largest body that is read into memory, as it comes and decoded,
	// in bytes.
	Max = 8 << 20
	// MaxLong is the longest body that is taken at all, as it comes and decoded.
	MaxLong = 4 << 30
	// MaxFile is the same of one that is a file in another format than JSON.
	MaxFile = 1 << 40
	// InDoubt is how much of a body that may be long is read into memory before it
	// goes to a file.
	InDoubt = 1 << 20
)

// ErrTooLarge is a body over Max, ErrTooLong one over MaxLong.
var (
	ErrTooLarge = fmt.Errorf("larger than %d MiB", Max>>20)
	ErrTooLong  = file.TooLong{Most: MaxLong}
)

// Decode appends a decoded body to buf.
func Decode(buf []byte, wire io.Reader, l Layers) ([]byte, error) {
	d, err := l.open(wire, wire)
	if err != nil {
		return buf, err
	}
	defer d.close()
	return readAll(buf, d, Max)
}

// decoder decodes a body. At its end it proves that the wire ends there too.
type decoder struct {
	text    io.Reader
	wire    *counted
	over    string         // the outermost layer's name
	under   []*file.Source // what text is made of, what that is made of, …, the wire
	closers []io.Closer
	drained bool
}

// open returns the decoder of a body, which reads wire: origin, or what buffers
// that. It is to be closed.
func (l Layers) open(wire, origin io.Reader) (*decoder, error) {
	d := &decoder{text: wire, wire: &counted{in: wire}}
	if l.none() {
		return d, nil
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	// Answers without a body often name an encoding all the same.
	first := make([]byte, 1)
	if _, err := io.ReadFull(d.wire, first); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return d, err
	}
	in := file.NewSource(io.MultiReader(bytes.NewReader(first), d.wire), origin, MaxLong)
	d.over = l[len(l)-1].name
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].open == nil {
			d.close()
			return nil, ErrEncoding{l[i].name}
		}
		d.under = append([]*file.Source{in}, d.under...)
		text, err := l[i].open(in)
		if err != nil {
			d.close()
			return nil, d.cut(err)
		}
		d.text, d.closers = text, append(d.closers, text)
		in = file.NewSource(text, nil, MaxLong)
	}
	return d, nil
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.text.Read(p)
	if err != nil {
		err = d.cut(d.ended(err))
	}
	return n, err
}

// cut says of an end that is too early that it is the API's, where the whole body came.
func (d *decoder) cut(err error) error {
	if _, said := errors.AsType[*file.Error](err); said || !d.wire.ended || !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("Content-Encoding %s: %w", d.over, file.Cut{Came: d.wire.n, Unpacked: -1})
}

// counted counts the bytes that are read, and notes the end.
type counted struct {
	in    io.Reader
	n     int64
	ended bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	c.ended = c.ended || err == io.EOF //nolint:errorlint // one that wraps it is that of a broken connection
	return n, err
}

// ended is what an error of reading means: an end is proven.
func (d *decoder) ended(err error) error {
	if errors.Is(err, io.EOF) && !d.drained {
		d.drained = true
		if bad := d.drain(); bad != nil {
			return bad
		}
	}
	return err
}

// drain reads what is under the decoded body to its end: a decoder may stop
// before the end of what it reads, and a body that was cut there, or whose
// checksum lies there, must not pass.
func (d *decoder) drain() error {
	for _, in := range d.under {
		n, err := io.Copy(io.Discard, io.LimitReader(in, Max))
		if err == nil && n == Max {
			err = ErrTooLarge
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) close() {
	for _, c := range d.closers {
		_ = c.Close() // it has nothing to say that Read did not
	}
	for _, in := range d.under {
		in.Close()
	}
}

// readAll appends what r holds to buf, up to so many bytes in all. Where there
// are more, it returns ErrTooLarge and one of them besides.
func readAll(buf []byte, r io.Reader, most int) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			more := min(max(64<<10, cap(buf)), most+1-len(buf))
			buf = append(buf, make([]byte, more)...)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), most+1)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > most:
			return buf, ErrTooLarge
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}
