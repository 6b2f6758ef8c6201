package journal

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// kind is the type of a frame; FORMAT.md lists them.
type kind uint32

const (
	kindPass kind = 1 + iota
	kindFinish
	kindDrop
	kindExchange
	kindRestart
	kindReject
	kindStart
	// kindFailed is of no frame in a segment.
	kindFailed
)

// known says whether this program understands frames of the kind.
func (k kind) known() bool { return k >= kindPass && k <= kindStart }

const (
	preludeSize = 32
	tagSize     = 8
	// maxHead is more than any server's headers: net/http takes 10 MiB.
	maxHead = 16 << 20
	// maxCount bounds numbers of exchanges and generations.
	maxCount = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// prelude is the fixed part of a frame.
type prelude struct {
	headSum, bodySum uint32
	kind             kind
	head             uint32
	body             uint64
}

func parsePrelude(b []byte) prelude {
	return prelude{
		headSum: binary.LittleEndian.Uint32(b[8:]),
		bodySum: binary.LittleEndian.Uint32(b[12:]),
		kind:    kind(binary.LittleEndian.Uint32(b[16:])),
		head:    binary.LittleEndian.Uint32(b[20:]),
		body:    binary.LittleEndian.Uint64(b[24:]),
	}
}

// newFrame begins a frame in b: its head is appended next.
func newFrame(b []byte) []byte {
	return append(b[:0], make([]byte, preludeSize)...)
}

// seal fills in the prelude before a head, all but the segment's tag.
func seal(b []byte, k kind, body []byte) {
	sealSum(b, k, checksum(body), int64(len(body)))
}

// sealSum is seal for a body of which the checksum and length are known.
func sealSum(b []byte, k kind, sum uint32, size int64) {
	binary.LittleEndian.PutUint32(b[12:], sum)
	binary.LittleEndian.PutUint32(b[16:], uint32(k))
	binary.LittleEndian.PutUint32(b[20:], uint32(len(b)-preludeSize))
	binary.LittleEndian.PutUint64(b[24:], uint64(size))
	binary.LittleEndian.PutUint32(b[8:], checksum(b[12:]))
}

// headWhole says whether prelude and head are as they were written.
func headWhole(b []byte) bool {
	return binary.LittleEndian.Uint32(b[8:]) == checksum(b[12:])
}

func appendText[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendInt(b []byte, n int) []byte { return binary.AppendVarint(b, int64(n)) }

// appendTime writes seconds since 1970 and nanoseconds: a time's own encoding
// cannot hold those before 1678.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

// decoder reads a head. What lies behind its end reads as zero, and bad is set.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() {
	d.b, d.bad = nil, true
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) int() int {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return int(n)
}

// count is an int that is never negative, nor so large that one more is.
func (d *decoder) count() int {
	n := d.int()
	if n < 0 || n > maxCount {
		d.fail()
		return 0
	}
	return n
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

// bytes lie in the head.
func (d *decoder) bytes() []byte { return d.take(d.uint()) }

func (d *decoder) text() string { return string(d.bytes()) }

func (d *decoder) time() time.Time {
	seconds := int64(d.int())
	return time.Unix(seconds, int64(d.uint()%1e9)).UTC()
}

// digest is zero behind the end.
func (d *decoder) digest() (sum [16]byte) {
	copy(sum[:], d.take(16))
	return sum
}

func update(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }
