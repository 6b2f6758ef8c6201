package xz

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// Magic is what a stream begins with.
const Magic = "\xfd7zXZ\x00"

// What is wrong with many a file.
var (
	ErrChecksum = errors.New("checksum does not fit")
	ErrBehind   = errors.New("what stands behind its end is not packed in the same way")
)

const (
	magicOfEnd = "YZ"
	// MaxDict is the largest dictionary of LZMA2: that of xz -9, in bytes. The xz
	// package of the library gives a dictionary all the memory that a file claims:
	// that is why the container is read here, and only LZMA2 there.
	MaxDict = 64 << 20
	// Dictionaries are cleared for each block: these many bytes of them are free,
	// and then so many for each byte that came out.
	freeDicts, dictsPerByte = 16 << 30, 1000
)

// reader reads streams of xz that stand behind one another.
type reader struct {
	in    *counted
	most  int64     // bytes that come out of it, as far as is known
	flags [2]byte   // of the stream
	check hash.Hash // of a block; nil: none
	size  int       // of the check, in bytes

	block  *block // that is read; nil: none
	blocks uint64 // of the stream that were read
	sizes  hash.Hash
	total  int64 // bytes that came out
	dicts  int64 // sum of the dictionaries
}

// block is a block.
type block struct {
	begin        int64 // in the input, with its header
	data         int64 // where it goes on behind its header
	packed, size int64 // as its header says, or -1
	n            int64 // bytes that came out
	text         io.Reader
}

// Open returns what is packed in streams that stand behind one another, of which no more
// than so many bytes come out: no dictionary is larger than that.
func Open(in *bufio.Reader, most int64) (io.Reader, error) {
	x := &reader{in: &counted{Reader: in}, most: most}
	return x, x.openStream()
}

// Size is how many bytes come out of a stream, as its index says.
func Size(packed []byte) (sum int64, err error) {
	const header, footer = 12, 12
	wrong := errors.New("it is no whole xz stream")
	if len(packed) < header+footer || string(packed[len(packed)-2:]) != magicOfEnd {
		return 0, wrong
	}
	index := 4 * (1 + int64(binary.LittleEndian.Uint32(packed[len(packed)-8:])))
	begin := int64(len(packed)) - footer - index
	if begin < header || packed[begin] != 0 {
		return 0, wrong
	}
	in := bytes.NewReader(packed[begin+1:])
	blocks, err := number(in)
	for ; blocks > 0 && err == nil; blocks-- {
		var size int64
		if _, err = number(in); err == nil {
			size, err = number(in)
		}
		if sum += size; sum < 0 {
			return 0, wrong
		}
	}
	return sum, err
}

// counted counts the bytes that are read.
type counted struct {
	*bufio.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (x *reader) Read(p []byte) (int, error) {
	for x.block == nil {
		if err := x.openBlock(); err != nil {
			return 0, err
		}
	}
	b := x.block
	n, err := b.text.Read(p)
	b.n += int64(n)
	x.total += int64(n)
	if x.check != nil {
		x.check.Write(p[:n])
	}
	if b.size >= 0 && b.n > b.size {
		return n, errors.New("a block is longer than its header says")
	}
	if err == io.EOF {
		err = x.closeBlock()
	}
	return n, err
}

// openStream reads the header of a stream.
func (x *reader) openStream() error {
	var header [12]byte
	if _, err := io.ReadFull(x.in, header[:]); err != nil {
		return file.NotEOF(err)
	}
	if string(header[:6]) != Magic {
		return ErrBehind
	}
	if crc32.ChecksumIEEE(header[6:8]) != binary.LittleEndian.Uint32(header[8:]) {
		return ErrChecksum
	}
	x.flags = [2]byte(header[6:8])
	x.blocks, x.sizes = 0, sha256.New()
	switch x.flags {
	case [2]byte{0, 0}:
		x.check, x.size = nil, 0
	case [2]byte{0, 1}:
		x.check, x.size = crc32.NewIEEE(), 4
	case [2]byte{0, 4}:
		x.check, x.size = crc64.New(crc64.MakeTable(crc64.ECMA)), 8
	case [2]byte{0, 10}:
		x.check, x.size = sha256.New(), 32
	default:
		return fmt.Errorf("it has a check of the unknown kind %#x", x.flags)
	}
	return nil
}

// openBlock reads the header of a block or, where there is no more, the end of the
// stream and the header of the next one; behind the last it returns io.EOF.
func (x *reader) openBlock() error {
	begin := x.in.n
	size, err := x.in.ReadByte()
	if err != nil {
		return file.NotEOF(err)
	}
	if size == 0 {
		return x.closeStream(begin)
	}
	header := make([]byte, (int(size)+1)*4)
	header[0] = size
	if _, err := io.ReadFull(x.in, header[1:]); err != nil {
		return file.NotEOF(err)
	}
	fields, sum := header[:len(header)-4], header[len(header)-4:]
	if crc32.ChecksumIEEE(fields) != binary.LittleEndian.Uint32(sum) {
		return ErrChecksum
	}
	b := &block{begin: begin, data: x.in.n}
	dict, err := b.header(fields[1:], x.most)
	if err != nil {
		return err
	}
	if x.dicts += dict; x.dicts > freeDicts+dictsPerByte*x.total {
		return fmt.Errorf("%d blocks claim dictionaries of %d GiB for %d bytes", x.blocks+1, x.dicts>>30, x.total)
	}
	if x.check != nil {
		x.check.Reset()
	}
	x.block = b
	b.text, err = lzma.Reader2Config{DictCap: int(max(dict, lzma.MinDictCap))}.NewReader2(x.in)
	return err
}

// header reads the fields of a block's header, and returns the size of its dictionary:
// no more than most, as no byte refers to more.
func (b *block) header(fields []byte, most int64) (dict int64, err error) {
	const filters, reserved, hasPacked, hasSize = 0x03, 0x3c, 0x40, 0x80
	flags, in := fields[0], bytes.NewReader(fields[1:])
	if flags&reserved != 0 {
		return 0, errors.New("a block has unknown flags")
	}
	b.packed, b.size = -1, -1
	if flags&hasPacked != 0 {
		b.packed, err = number(in)
	}
	if flags&hasSize != 0 && err == nil {
		b.size, err = number(in)
	}
	var filter [3]byte
	if err == nil {
		_, err = io.ReadFull(in, filter[:])
	}
	if err != nil {
		return 0, errors.New("the header of a block is broken")
	}
	if flags&filters != 0 || filter[0] != 0x21 || filter[1] != 1 {
		return 0, errors.New("a block has filters other than LZMA2 alone: xz makes it without --x86, --delta and the like")
	}
	dict, err = lzma.DecodeDictCap(filter[2])
	if dict = min(dict, max(most, lzma.MinDictCap)); err != nil || dict > MaxDict {
		return 0, fmt.Errorf("a block wants a dictionary larger than %d MiB: that of xz -9 is the largest that is read", MaxDict>>20)
	}
	return dict, nil
}

// closeBlock checks what stands behind the data of a block.
func (x *reader) closeBlock() error {
	b := x.block
	packed := x.in.n - b.data
	if b.size >= 0 && b.n != b.size || b.packed >= 0 && packed != b.packed {
		return errors.New("a block is not as long as its header says")
	}
	if err := x.padding(int(-packed & 3)); err != nil {
		return err
	}
	unpadded := x.in.n - b.begin - (-packed & 3) + int64(x.size)
	var sum [32]byte
	if _, err := io.ReadFull(x.in, sum[:x.size]); err != nil {
		return file.NotEOF(err)
	}
	if x.check != nil && !bytes.Equal(sum[:x.size], x.wire()) {
		return ErrChecksum
	}
	x.note(x.sizes, unpadded, b.n)
	x.blocks++
	x.block = nil
	return nil
}

// wire is the check of a block as it stands in the file: CRCs with the lowest byte first.
func (x *reader) wire() []byte {
	switch check := x.check.(type) {
	case hash.Hash32:
		return binary.LittleEndian.AppendUint32(nil, check.Sum32())
	case hash.Hash64:
		return binary.LittleEndian.AppendUint64(nil, check.Sum64())
	}
	return x.check.Sum(nil)
}

// note adds the sizes of a block to a sum of those of a stream.
func (x *reader) note(sizes hash.Hash, unpadded, size int64) {
	var pair [16]byte
	binary.LittleEndian.PutUint64(pair[:], uint64(unpadded))
	binary.LittleEndian.PutUint64(pair[8:], uint64(size))
	sizes.Write(pair[:])
}

// closeStream reads the index, whose first byte was read at begin, and the footer, and
// opens the next stream.
func (x *reader) closeStream(begin int64) error {
	index := &summed{in: x.in, sum: crc32.NewIEEE()}
	index.sum.Write([]byte{0})
	blocks, err := number(index)
	if err == nil && uint64(blocks) != x.blocks {
		err = fmt.Errorf("the index has %d blocks; there are %d", blocks, x.blocks)
	}
	listed := sha256.New()
	for i := uint64(0); err == nil && i < x.blocks; i++ {
		var unpadded, size int64
		if unpadded, err = number(index); err == nil {
			size, err = number(index)
		}
		x.note(listed, unpadded, size)
	}
	for err == nil && (x.in.n-begin)&3 != 0 {
		var c byte
		if c, err = index.ReadByte(); err == nil && c != 0 {
			err = errors.New("its padding is not of zeros")
		}
	}
	if err != nil {
		return file.NotEOF(err)
	}
	if !bytes.Equal(listed.Sum(nil), x.sizes.Sum(nil)) {
		return errors.New("the index has other sizes than the blocks")
	}
	length := x.in.n - begin + 4
	return x.footer(index.sum.Sum32(), length)
}

// footer reads the checksum of the index and what ends a stream.
func (x *reader) footer(sum uint32, index int64) error {
	var end [16]byte
	if _, err := io.ReadFull(x.in, end[:]); err != nil {
		return file.NotEOF(err)
	}
	if binary.LittleEndian.Uint32(end[:]) != sum || binary.LittleEndian.Uint32(end[4:]) != crc32.ChecksumIEEE(end[8:14]) {
		return ErrChecksum
	}
	if int64(binary.LittleEndian.Uint32(end[8:]))*4+4 != index || [2]byte(end[12:14]) != x.flags || string(end[14:]) != magicOfEnd {
		return errors.New("the footer does not fit the stream")
	}
	for {
		next, err := x.in.Peek(4)
		switch {
		case len(next) == 0:
			return err // io.EOF, if the file ends there
		case len(next) < 4:
			return file.NotEOF(err)
		case !bytes.Equal(next, make([]byte, 4)):
			return x.openStream()
		}
		_, _ = x.in.Discard(4) // they are there
	}
}

// padding reads so many zeros.
func (x *reader) padding(n int) error {
	for range n {
		c, err := x.in.ReadByte()
		if err != nil {
			return file.NotEOF(err)
		}
		if c != 0 {
			return errors.New("its padding is not of zeros")
		}
	}
	return nil
}

// summed sums up the bytes that are read.
type summed struct {
	in  io.ByteReader
	sum hash.Hash32
}

func (s *summed) ReadByte() (byte, error) {
	c, err := s.in.ReadByte()
	if err == nil {
		s.sum.Write([]byte{c})
	}
	return c, err
}

// number reads a number as xz writes it.
func number(in io.ByteReader) (int64, error) {
	n, err := binary.ReadUvarint(in)
	if err == nil && int64(n) < 0 {
		err = errors.New("a size is too large")
	}
	return int64(n), err
}
