package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/s2"
)

// packing is how a body lies on disk.
type packing int

const (
	asItCame packing = iota
	packedS2         // a stream of S2, in blocks of at most packBlock bytes
)

const (
	packBlock = 256 << 10
	// leastPacked is the length, in bytes, from which a body is packed: of a
	// shorter one the head takes more.
	leastPacked = 256
	// keptPacked is how much memory a packer keeps for the next body, in bytes.
	keptPacked = 1 << 20
)

// form says how a body lies on disk, and how long it was when it came.
type form struct {
	packing packing
	size    int64
}

func appendForm(b []byte, f form) []byte {
	b = appendInt(b, int(f.packing))
	if f.packing != asItCame {
		b = appendInt(b, int(f.size))
	}
	return b
}

// form reads how a body lies on disk that takes so many bytes there. Version 1
// has nothing to say of it.
func (d *decoder) form(stored int64) form {
	if len(d.b) == 0 {
		return form{asItCame, stored}
	}
	switch packing(d.int()) {
	case asItCame:
		return form{asItCame, stored}
	case packedS2:
		if size := int64(d.int()); size >= 0 {
			return form{packedS2, size}
		}
	}
	d.fail()
	return form{}
}

// packs reports whether a body is worth packing: one that has an encoding is
// packed as it comes.
func packs(h http.Header) bool {
	encoding := h.Get("Content-Encoding")
	return encoding == "" || strings.EqualFold(encoding, "identity")
}

func newPacking(out io.Writer) *s2.Writer {
	return s2.NewWriter(out, s2.WriterConcurrency(1), s2.WriterBlockSize(packBlock))
}

// packer packs one body after the other.
type packer struct {
	mu  sync.Mutex // held until what is packed was written
	s2  *s2.Writer // nil until a body came
	out smaller
}

// pack returns a body as it is to lie on disk. It may be good until the next
// call.
func (p *packer) pack(body []byte, h http.Header) ([]byte, form) {
	raw := form{asItCame, int64(len(body))}
	if len(body) < leastPacked || !packs(h) {
		return body, raw
	}
	if cap(p.out.b) > keptPacked {
		p.out.b = nil
	}
	p.out.b, p.out.most = p.out.b[:0], len(body)-1
	if p.s2 == nil {
		p.s2 = newPacking(nil)
	}
	p.s2.Reset(&p.out)
	if errors.Join(p.s2.EncodeBuffer(body), p.s2.Close()) != nil {
		return body, raw // it does not get smaller
	}
	return p.out.b, form{packedS2, raw.size}
}

// smaller holds what is written to it, up to so many bytes.
type smaller struct {
	b    []byte
	most int
}

func (s *smaller) Write(b []byte) (int, error) {
	if len(s.b)+len(b) > s.most {
		return 0, io.ErrShortWrite
	}
	s.b = append(s.b, b...)
	return len(b), nil
}

// unpacker reads packed bodies, one after the other.
type unpacker struct {
	in *bufio.Reader
	s2 *s2.Reader
}

func newUnpacker() *unpacker {
	in := bufio.NewReaderSize(nil, 64<<10)
	return &unpacker{in, s2.NewReader(in, s2.ReaderMaxBlockSize(packBlock), s2.ReaderAllocBlock(packBlock))}
}

func (u *unpacker) reset(packed io.Reader) {
	u.in.Reset(packed)
	u.s2.Reset(u.in)
}

// unpack appends a body to buf that lies in memory as it does on disk.
func (u *unpacker) unpack(buf, stored []byte, f form) ([]byte, error) {
	if f.packing == asItCame {
		return append(buf, stored...), nil
	}
	u.reset(bytes.NewReader(stored))
	return appendAll(buf, u.s2, f.size)
}

// appendAll appends what r holds to buf, which is to be of a size.
func appendAll(buf []byte, r io.Reader, size int64) ([]byte, error) {
	// The size is a head's: memory is taken as far as there is something for it.
	for free := int64(MaxWhole); size > 0; free *= 2 {
		part := int(min(size, free))
		end := len(buf) + part
		buf = slices.Grow(buf, part)[:end]
		if _, err := io.ReadFull(r, buf[end-part:]); err != nil {
			return buf, err
		}
		size -= int64(part)
	}
	return buf, ends(r)
}

// ends expects the end of r, where it may say that what was read is damaged.
func ends(r io.Reader) error {
	var more [1]byte
	n, err := io.ReadFull(r, more[:])
	switch {
	case n > 0:
		return errDamaged
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}
