package unpack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	// mostRatio is how much longer than what it lies in a file may be, past
	// freeOfRatio: see the package's promises.
	mostRatio   = 100_000
	freeOfRatio = 1 << 30
)

// input is what a layer is taken off.
type input struct {
	*bufio.Reader
	from   io.Reader
	n      int64 // bytes read of it
	before int64 // bytes before those of from, in the file that offsets are of
	err    error // of from, if other than io.EOF
}

func newInput(from io.Reader) *input {
	in := &input{from: from}
	in.Reader = bufio.NewReaderSize(counted{in}, 64<<10)
	return in
}

// offset is where the next byte stands in the file.
func (in *input) offset() int64 { return in.before + in.n - int64(in.Buffered()) }

// counted reads what an input is read from.
type counted struct{ *input }

func (c counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// layer reads what lies in a layer.
type layer struct {
	kind   string
	member string // that is read, or that the layer lies in
	in     *input
	text   io.Reader // in without the layer
	most   int64     // bytes that are read at most
	n      int64     // bytes read
	begin  int64     // of text, in bytes of in
	err    error     // why no more can be read
}

func (l *layer) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := read(l.text, p)
	l.n += int64(n)
	if err == nil {
		err = l.bomb()
	}
	if err != nil {
		l.err = l.fail(err)
	}
	return n, l.err
}

// read reads; a library that panics at what it reads does not end the run.
func read(from io.Reader, p []byte) (n int, err error) {
	defer recovered(&err)
	return from.Read(p)
}

// recovered makes an error of a panic.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it is broken: %v", p)
	}
}

// bomb finds a file that is much longer than it can be.
func (l *layer) bomb() error {
	if l.n > l.most {
		return file.TooLong{Most: l.most}
	}
	if packed := l.in.offset() - l.begin; l.n > freeOfRatio && l.n/mostRatio > packed {
		return fmt.Errorf("%d bytes became %d: no file with records is packed so closely", packed, l.n)
	}
	return nil
}

// fail says of an error where it was found. Those of what the layer lies in say so
// themselves.
func (l *layer) fail(err error) error {
	if l.in.err != nil {
		return l.in.err
	}
	if _, said := errors.AsType[*file.Error](err); said || err == io.EOF {
		return err
	}
	if _, certain := compressions[l.kind]; early(err) && certain { // it began as that
		err = file.Cut{Came: l.in.offset(), Unpacked: l.n}
	} else if early(err) {
		err = fmt.Errorf("ends too early: %w", io.ErrUnexpectedEOF)
	}
	return &file.Error{Format: sources.Format(l.kind), Member: l.member, Offset: l.in.offset(), Err: err}
}

// early reports whether a file ends before its end.
func early(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) }

// recovered is recovered for what is read of a layer without its Read.
func (l *layer) recovered(err *error) {
	if p := recover(); p != nil {
		*err = l.fail(fmt.Errorf("it is broken: %v", p))
	}
}

// isPacked checks that the input begins as a layer does, with one of some magics.
func (l *layer) isPacked(magics ...string) error {
	var begins []byte
	cut := false
	for _, magic := range magics {
		begins, _ = l.in.Peek(len(magic)) // an error of in comes again
		if l.in.err != nil || string(begins) == magic {
			return l.in.err
		}
		cut = cut || bytes.HasPrefix([]byte(magic), begins)
	}
	if cut {
		return l.fail(io.ErrUnexpectedEOF)
	}
	return l.isNot()
}

// isNot is the error of an input that is not in the layer.
func (l *layer) isNot() error {
	begins, _ := l.in.Peek(16) // fewer, if there are no more
	if l.member != "" {
		return l.fail(fmt.Errorf("it is not %s: it begins with %q: if other members are, name those, as {zip: \"*.gz\"}, else leave %[1]s out of unpack", l.kind, begins))
	}
	return l.fail(fmt.Errorf("the answer is not %s: it begins with %q: leave %[1]s out of unpack", l.kind, begins))
}
