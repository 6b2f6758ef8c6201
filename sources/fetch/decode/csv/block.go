package csv

import (
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	// blockSize is how many bytes are asked of the file at a time. Each row is
	// parsed where it lies in the block.
	blockSize = 64 << 10
	// padSize is how many line feeds stand behind what was read: every run of bytes
	// ends there, and eight of them can be looked at wherever one begins.
	padSize = 16
)

// block holds the rows of the file that were read and not yet parsed.
type block struct {
	in     io.Reader
	b      []byte
	at     int   // where the next row begins
	end    int   // behind the last byte that was read
	proven int   // the bytes from at on before it are UTF-8
	base   int64 // where b[0] stands in the file
	err    error // of in, io.EOF where the file ended
	// virtual: the file's last line had no end, and b[end-1] is the one it was given.
	virtual bool
}

// more reads on behind the row that begins at b.at, which may move. What it reads
// is at least as long as what it keeps: a row is parsed anew after each more, and
// that takes twice the time of parsing it once, however long it is.
func (b *block) more() error {
	if b.err != nil {
		return b.err
	}
	kept := b.end - b.at
	size := max(blockSize, min(kept, file.MaxRecord-kept))
	b.keep(kept + size + padSize)
	for stop := b.end + size; b.end < stop && b.err == nil; {
		var n int
		n, b.err = b.in.Read(b.b[b.end:stop])
		b.end += n
	}
	if b.err == io.EOF && b.end > b.at && b.b[b.end-1] != '\n' {
		b.b[b.end] = '\n'
		b.end++
		b.virtual = true
	}
	for i := range padSize - 1 {
		b.b[b.end+i] = '\n'
	}
	return nil
}

// keep moves what is still to be parsed to the beginning of a block of at least
// size bytes; one that is much larger, for a long row that is done, is given up.
func (b *block) keep(size int) {
	old := b.b
	if len(old) < size || len(old) > 8*size {
		b.b = make([]byte, size+blockSize) // for what the next blocks have to keep
	}
	copy(b.b, old[b.at:b.end])
	b.base += int64(b.at)
	b.proven -= b.at
	b.at, b.end = 0, b.end-b.at
}

// skipLine passes over the rest of a line and its end, however long it is.
func (b *block) skipLine() error {
	for {
		if i := indexLineFeed(b.b[b.at:b.end]); i >= 0 {
			b.at += i + 1
			return nil
		}
		b.at = b.end
		if err := b.more(); err != nil {
			return err
		}
	}
}

// need reads on until n bytes of the next row are there, or the file ended.
func (b *block) need(n int) error {
	for b.end-b.at < n && b.err == nil {
		if err := b.more(); err != nil {
			return err
		}
	}
	if b.at == b.end {
		return b.err
	}
	return nil
}
