//go:build !small

package parquet_test

import "encoding/binary"

// thrift writes a structure of Thrift's compact protocol.
type thrift struct {
	b    []byte
	last int
}

func (t *thrift) head(id, kind int) *thrift {
	t.b = append(t.b, byte((id-t.last)<<4|kind))
	t.last = id
	return t
}

func (t *thrift) int32(id, v int) *thrift { return t.int(id, 5, v) }
func (t *thrift) int64(id, v int) *thrift { return t.int(id, 6, v) }

func (t *thrift) int(id, kind, v int) *thrift {
	t.head(id, kind)
	t.b = binary.AppendVarint(t.b, int64(v))
	return t
}

func (t *thrift) text(id int, s string) *thrift {
	t.head(id, 8)
	t.b = append(binary.AppendUvarint(t.b, uint64(len(s))), s...)
	return t
}

func (t *thrift) structure(id int, s *thrift) *thrift {
	t.head(id, 12)
	t.b = append(t.b, s.end()...)
	return t
}

func (t *thrift) list(id int, n int, items ...*thrift) *thrift {
	t.head(id, 9)
	t.b = binary.AppendUvarint(append(t.b, 0xfc), uint64(n))
	for _, item := range items {
		t.b = append(t.b, item.end()...)
	}
	return t
}

func (t *thrift) end() []byte { return append(t.b[:len(t.b):len(t.b)], 0) }

func group(name string, repetition, children int) *thrift {
	return new(thrift).int32(3, repetition).text(4, name).int32(5, children)
}

func annotated(name string, repetition, children, converted int) *thrift {
	return group(name, repetition, children).int32(6, converted)
}

func leaf(physical int, name string, repetition int) *thrift {
	return new(thrift).int32(1, physical).int32(3, repetition).text(4, name)
}

func text(name string, repetition int) *thrift { return leaf(6, name, repetition).int32(6, 0) }

// column is a column of one row group in one page.
type column struct {
	physical                 int
	entries                  int // 0: as many as levels
	repetitions, definitions []byte
	plain                    []byte
	header                   *thrift // of the page; nil: the right one
	codec                    int
	dictionary               []byte // a whole page
}

func levels(b []byte) []byte {
	var runs []byte
	for _, v := range b {
		runs = append(runs, 2, v)
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...)
}

func (c *column) count() int { return max(c.entries, len(c.definitions), len(c.repetitions)) }

func (c *column) page() []byte {
	var body []byte
	if c.repetitions != nil {
		body = append(body, levels(c.repetitions)...)
	}
	if c.definitions != nil {
		body = append(body, levels(c.definitions)...)
	}
	body = append(body, c.plain...)
	h := c.header
	if h == nil {
		h = dataHeader(c.count(), 0, len(body), len(body))
	}
	return append(append(c.dictionary, h.end()...), body...)
}

func dataHeader(values, encoding, unpacked, packed int) *thrift {
	data := new(thrift).int32(1, values).int32(2, encoding).int32(3, 3).int32(4, 3)
	return new(thrift).int32(1, 0).int32(2, unpacked).int32(3, packed).structure(5, data)
}

func dictionaryHeader(values, unpacked, packed int) *thrift {
	data := new(thrift).int32(1, values).int32(2, 0)
	return new(thrift).int32(1, 2).int32(2, unpacked).int32(3, packed).structure(7, data)
}

// build makes a file of one row group.
func build(rows int, schema []*thrift, columns ...column) []byte {
	b := []byte("PAR1")
	var chunks []*thrift
	for _, c := range columns {
		at := len(b)
		b = append(b, c.page()...)
		meta := new(thrift).int32(1, c.physical).list(2, 0).list(3, 0).int32(4, c.codec).int64(5, c.count()).
			int64(6, len(b)-at).int64(7, len(b)-at).int64(9, at)
		chunks = append(chunks, new(thrift).int64(2, at).structure(3, meta))
	}
	g := new(thrift).list(1, len(chunks), chunks...).int64(2, len(b)).int64(3, rows)
	return finish(b, new(thrift).int32(1, 1).list(2, len(schema), schema...).int64(3, rows).list(4, 1, g))
}

func finish(b []byte, footer *thrift) []byte {
	meta := footer.end()
	b = append(b, meta...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(meta))), "PAR1"...)
}

func plain32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func plainText(values ...string) (b []byte) {
	for _, v := range values {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	return b
}
