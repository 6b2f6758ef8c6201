//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooter   = 128 << 20
	maxElements = 1 << 16 // of a schema: its columns and the groups that they are in
)

// footer is what stands at the end of a file: where its values are and what they mean.
type footer struct {
	schema []element
	rows   int64
	groups []rowGroup
	at     int64 // where it begins: values end before it
}

// element is a column of the schema, or a group of them.
type element struct {
	name       string
	physical   int32 // -1: a group
	length     int32 // of a FIXED_LEN_BYTE_ARRAY
	repetition int32
	children   int32
	converted  int32 // -1: none
	scale      int32
	logical    logical
}

// logical is a LogicalType: the number of its field in that union, 0 for none, with
// the parameters that it has.
type logical struct {
	kind  int16
	scale int32
	unit  int16 // 1: ms, 2: µs, 3: ns
	utc   bool
	bits  int8
	sign  bool
}

type rowGroup struct {
	chunks []chunk
	rows   int64
}

// chunk is where the values of one column in one row group lie.
type chunk struct {
	physical   int32
	codec      int32
	values     int64
	length     int64
	data       int64
	dictionary int64
}

var errEncrypted = errors.New("is encrypted, which is not read: ask for the file without encryption")

func readFooter(in io.ReaderAt, size int64) (*footer, error) {
	var head, tail [8]byte
	if size < 12 {
		return nil, fmt.Errorf("has %d bytes, which is too few for a Parquet file: %w", size, io.ErrUnexpectedEOF)
	}
	if err := readFull(in, head[:4], 0); err != nil {
		return nil, err
	}
	if err := readFull(in, tail[:], size-8); err != nil {
		return nil, err
	}
	if string(head[:4]) == "PARE" || string(tail[4:]) == "PARE" {
		return nil, errEncrypted
	}
	if string(head[:4]) != "PAR1" {
		return nil, fmt.Errorf("begins with %q; a Parquet file begins with \"PAR1\"", head[:4])
	}
	if string(tail[4:]) != "PAR1" {
		return nil, fmt.Errorf("ends with %q; a Parquet file that is whole ends with \"PAR1\": %w", tail[4:], io.ErrUnexpectedEOF)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > size-12 || length > maxFooter {
		return nil, fmt.Errorf("says that its footer has %d bytes; the file has %d, and a footer at most %d", length, size, maxFooter)
	}
	b := make([]byte, length)
	if err := readFull(in, b, size-8-length); err != nil {
		return nil, err
	}
	f := &footer{at: size - 8 - length}
	if err := f.parse(b); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	return f, nil
}

func readFull(in io.ReaderAt, b []byte, offset int64) error {
	if n, err := in.ReadAt(b, offset); n < len(b) {
		if err == io.EOF {
			return fmt.Errorf("reading %d bytes from byte %d on: %w", len(b), offset, io.ErrUnexpectedEOF)
		}
		return &readError{fmt.Errorf("parquet: reading %d bytes from byte %d on: %w", len(b), offset, err)}
	}
	return nil
}

// readError is an error of reading the file, which says nothing of what is in it.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

func (f *footer) parse(b []byte) error {
	c := &compact{rest: b}
	f.rows = -1
	c.structure(func(key field) bool {
		switch key {
		case at(2, typeList):
			c.list(typeStruct, func() { f.element(c) })
		case at(3, typeInt64):
			f.rows = c.int()
		case at(4, typeList):
			c.list(typeStruct, func() { f.group(c) })
		default:
			return false
		}
		return true
	})
	return c.err
}

func (f *footer) element(c *compact) {
	if len(f.schema) == maxElements {
		c.fail(fmt.Errorf("the schema has more than %d columns", maxElements))
		return
	}
	e := element{physical: -1, converted: -1}
	c.structure(func(key field) bool {
		switch key {
		case at(1, typeInt32):
			e.physical = c.int32()
		case at(2, typeInt32):
			e.length = c.int32()
		case at(3, typeInt32):
			e.repetition = c.int32()
		case at(4, typeBinary):
			e.name = string(c.binary())
		case at(5, typeInt32):
			e.children = c.int32()
		case at(6, typeInt32):
			e.converted = c.int32()
		case at(7, typeInt32):
			e.scale = c.int32()
		case at(10, typeStruct):
			e.logical = readLogical(c)
		default:
			return false
		}
		return true
	})
	f.schema = append(f.schema, e)
}

func readLogical(c *compact) (l logical) {
	c.structure(func(member field) bool {
		l.kind = int16(member >> 4)
		if member&15 != typeStruct {
			return false
		}
		c.structure(func(parameter field) bool { return l.parameter(c, parameter) })
		return true
	})
	return l
}

func (l *logical) parameter(c *compact, parameter field) bool {
	switch {
	case l.kind == logicalDecimal && parameter == at(1, typeInt32):
		l.scale = c.int32()
		return true
	case l.kind == logicalTime || l.kind == logicalTimestamp:
		if parameter == at(2, typeStruct) {
			c.structure(func(unit field) bool { l.unit = int16(unit >> 4); return false })
			return true
		}
		l.utc = l.utc || parameter == at(1, typeTrue)
	case l.kind == logicalInt && parameter == at(1, typeByte):
		l.bits = int8(c.byte())
		return true
	case l.kind == logicalInt:
		l.sign = l.sign || parameter == at(2, typeTrue)
	}
	return false
}

func (f *footer) group(c *compact) {
	g := rowGroup{rows: -1}
	c.structure(func(key field) bool {
		switch key {
		case at(1, typeList):
			c.list(typeStruct, func() { g.chunks = append(g.chunks, readChunk(c)) })
		case at(3, typeInt64):
			g.rows = c.int()
		default:
			return false
		}
		return true
	})
	f.groups = append(f.groups, g)
}

func readChunk(c *compact) chunk {
	var k chunk
	found := false
	c.structure(func(key field) bool {
		switch key {
		case at(1, typeBinary):
			if name := c.binary(); len(name) > 0 {
				c.fail(fmt.Errorf("the values of a column lie in another file, %.100q", name))
			}
		case at(3, typeStruct):
			k, found = readChunkMeta(c), true
		case at(8, typeStruct), at(9, typeBinary):
			c.fail(fmt.Errorf("a column %w", errEncrypted))
		default:
			return false
		}
		return true
	})
	if !found {
		c.fail(errors.New("a column of a row group does not say where its values are"))
	}
	return k
}

func readChunkMeta(c *compact) chunk {
	k := chunk{physical: -1, codec: -1, values: -1, length: -1, data: -1}
	c.structure(func(key field) bool {
		switch key {
		case at(1, typeInt32):
			k.physical = c.int32()
		case at(4, typeInt32):
			k.codec = c.int32()
		case at(5, typeInt64):
			k.values = c.int()
		case at(7, typeInt64):
			k.length = c.int()
		case at(9, typeInt64):
			k.data = c.int()
		case at(11, typeInt64):
			k.dictionary = c.int()
		default:
			return false
		}
		return true
	})
	return k
}
