//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"io"
)

// Types of Thrift's compact protocol.
const (
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeInt16  = 4
	typeInt32  = 5
	typeInt64  = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
	typeUUID   = 13
	typeNone   = 16 // which no value has
)

// deepest is how deep structures of a header, and groups of a schema, may nest.
const deepest = 100

var errThrift = errors.New("the header is no Thrift structure")

// compact reads Thrift's compact protocol. Its first error stays; what is read after
// it is zero.
type compact struct {
	rest  []byte
	depth int
	err   error
}

func (c *compact) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.rest = nil
}

func (c *compact) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.fail(io.ErrUnexpectedEOF)
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *compact) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *compact) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n > 0 {
		c.rest = c.rest[n:]
		return v
	}
	if n == 0 {
		c.fail(io.ErrUnexpectedEOF)
	} else {
		c.fail(errThrift)
	}
	return 0
}

func (c *compact) int() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (c *compact) int32() int32 {
	v := c.int()
	if int64(int32(v)) != v {
		c.fail(errThrift)
	}
	return int32(v)
}

func (c *compact) binary() []byte { return c.take(c.uvarint()) }

// list reads the head of a list, calls do for each of its members, and reads over
// those of another type than want.
func (c *compact) list(want byte, do func()) {
	head := c.byte()
	n, kind := uint64(head>>4), head&15
	if n == 15 {
		n = c.uvarint()
	}
	for ; n > 0 && c.err == nil; n-- {
		if kind == want {
			do()
		} else {
			c.skipMember(kind)
		}
	}
}

// A field is the number and the type of a field of a structure, as [at] puts them
// together.
type field int32

func at(number int16, kind byte) field { return field(number)<<4 | field(kind) }

// structure calls do for each field of a structure; do reports whether it has read
// the field's value.
func (c *compact) structure(do func(field) bool) {
	if c.depth++; c.depth > deepest {
		c.fail(errThrift)
	}
	var number int16
	for c.err == nil {
		head := c.byte()
		kind := head & 15
		if kind == 0 {
			break
		}
		if head>>4 != 0 {
			number += int16(head >> 4)
		} else {
			number = int16(c.int())
		}
		if !do(at(number, kind)) {
			c.skip(kind)
		}
	}
	c.depth--
}

// skip reads over the value of a field.
func (c *compact) skip(kind byte) {
	if kind != typeTrue && kind != typeFalse {
		c.skipMember(kind)
	}
}

// skipMember reads over a value in a list or a map, where booleans are bytes.
func (c *compact) skipMember(kind byte) {
	switch kind {
	case typeTrue, typeFalse, typeByte:
		c.take(1)
	case typeInt16, typeInt32, typeInt64:
		c.uvarint()
	case typeDouble:
		c.take(8)
	case typeUUID:
		c.take(16)
	case typeBinary:
		c.binary()
	case typeList, typeSet:
		c.nested(func() { c.list(typeNone, nil) })
	case typeMap:
		c.nested(c.skipMap)
	case typeStruct:
		c.structure(func(field) bool { return false })
	default:
		c.fail(errThrift)
	}
}

func (c *compact) nested(do func()) {
	if c.depth++; c.depth > deepest {
		c.fail(errThrift)
	} else {
		do()
	}
	c.depth--
}

func (c *compact) skipMap() {
	n := c.uvarint()
	if n == 0 {
		return
	}
	kinds := c.byte()
	for ; n > 0 && c.err == nil; n-- {
		c.skipMember(kinds >> 4)
		c.skipMember(kinds & 15)
	}
}
