//go:build !small

package parquet

import (
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

var errDisagree = errors.New("its levels say another shape of the record than those of the columns beside it")

// write appends what a node is in the next record.
func (r *records) write(dst []byte, n *node) ([]byte, error) {
	if n.shape == shapeValue {
		return r.writeValue(dst, n)
	}
	lead := &r.columns[n.first]
	if n.nullable && lead.definition < n.definition {
		return r.writeNone(dst, n, n.definition-1, "null")
	}
	switch n.shape {
	case shapeObject:
		return r.writeObject(dst, n)
	case shapeMap:
		return r.writeElements(dst, n, '{', '}')
	}
	return r.writeElements(dst, n, '[', ']')
}

// writeNone appends what stands for a node without values. All its columns have one
// entry for that, of the level at which the values end.
func (r *records) writeNone(dst []byte, n *node, level uint8, none string) ([]byte, error) {
	for i := n.first; i < n.last; i++ {
		c := &r.columns[i]
		if c.definition != level {
			return dst, c.failed(errDisagree)
		}
		if err := c.advance(); err != nil {
			return dst, c.failed(err)
		}
	}
	return append(dst, none...), nil
}

func (r *records) writeObject(dst []byte, n *node) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	for _, field := range n.fields {
		dst = append(dst, field.key...)
		if field.shape == shapeValue {
			dst, err = r.writeValue(dst, field)
		} else {
			dst, err = r.write(dst, field)
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// writeElements appends the elements of a list or a map.
func (r *records) writeElements(dst []byte, n *node, open, end byte) ([]byte, error) {
	lead := &r.columns[n.first]
	if lead.definition < n.elementDefinition {
		return r.writeNone(dst, n, n.elementDefinition-1, string([]byte{open, end}))
	}
	start := len(dst)
	dst = append(dst, open)
	for {
		var err error
		if dst, err = r.writeElement(dst, n); err != nil {
			return dst, err
		}
		more := lead.repetition >= n.elementRepetition
		if err := r.agree(n, more); err != nil {
			return dst, err
		}
		if !more {
			return append(dst, end), nil
		}
		if dst = append(dst, ','); len(dst)-start > file.MaxRecord {
			return dst, errLong
		}
	}
}

// agree proves that all columns of a list go on with another element, or none does.
func (r *records) agree(n *node, more bool) error {
	for i := n.first; i < n.last; i++ {
		c := &r.columns[i]
		if more != (c.repetition == n.elementRepetition) || c.repetition > n.elementRepetition {
			return c.failed(errDisagree)
		}
	}
	return nil
}

func (r *records) writeElement(dst []byte, n *node) ([]byte, error) {
	switch n.shape {
	case shapeEntries:
		return r.writeObject(dst, n)
	case shapeMap:
		key, err := r.write(dst, n.fields[0])
		if err != nil {
			return dst, err
		}
		if key[len(dst)] != '"' {
			return dst, r.columns[n.first].failed(errors.New("the key of a map is null"))
		}
		return r.write(append(key, ':'), n.fields[1])
	}
	return r.write(dst, n.fields[0])
}

// writeValue appends the next value of a column.
func (r *records) writeValue(dst []byte, n *node) ([]byte, error) {
	c := &r.columns[n.first]
	var err error
	switch {
	case c.definition == n.definition && c.has:
		var v value
		if v, err = c.values.next(); err == nil {
			dst, err = r.appendValue(dst, &c.leaf, v)
		}
	case c.definition+1 == n.definition && n.nullable:
		dst = append(dst, "null"...)
	case c.has:
		err = errDisagree
	}
	if err == nil {
		err = c.advance()
	}
	if err != nil {
		return dst, c.failed(err)
	}
	return dst, nil
}
