//go:build !small

package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxDepth is how deep records, arrays and maps may lie in each other.
const maxDepth = 10_000

// values appends the values of one block as JSON.
type values struct {
	block
	limit int    // how long the text may grow
	depth int    // of the present value
	work  digits // for decimals
	room  int    // how much longer the JSON of a record may be that is passed over
	text  []byte // of records that are passed over, what stands in the block otherwise
}

var (
	errEnd   = errors.New("the block ends inside of a value")
	errDeep  = fmt.Errorf("records, arrays and maps lie more than %d deep in each other", maxDepth)
	errHuge  = fmt.Errorf("the record is longer than %d bytes as JSON", file.MaxRecord)
	errInt32 = errors.New("a number of more than 32 bits stands where an int is wanted")
)

// record appends one record.
func (v *values) record(dst []byte, t *valueType) ([]byte, error) {
	v.limit, v.depth = len(dst)+file.MaxRecord, 0
	dst, err := v.fields(dst, t)
	if err == nil && len(dst) > v.limit {
		err = errHuge
	}
	return dst, err
}

// value appends one value.
func (v *values) value(dst []byte, t *valueType) ([]byte, error) {
	switch t.kind {
	case kindNull:
		return append(dst, "null"...), nil
	case kindBoolean:
		return v.boolean(dst)
	case kindFloat:
		return v.float(dst)
	case kindDouble:
		return v.double(dst)
	case kindRecord:
		return v.fields(dst, t)
	case kindArray:
		return v.array(dst, t)
	case kindMap:
		return v.mapping(dst, t)
	case kindEnum:
		return v.symbol(dst, t.symbols)
	case kindUnion:
		return v.branch(dst, t.branches)
	case kindFixed, kindFixedDecimal, kindFixedUUID, kindDuration:
		return v.fixed(dst, t)
	case kindBytes, kindString, kindUUID, kindDecimal, kindBigDecimal:
		return v.counted(dst, t)
	}
	return v.number(dst, t)
}

// number appends what is coded as a number alone.
func (v *values) number(dst []byte, t *valueType) ([]byte, error) {
	n, err := v.long()
	if err != nil {
		return dst, err
	}
	if narrow(t.kind) && n != int64(int32(n)) {
		return dst, errInt32
	}
	return appendNumber(dst, n, t), nil
}

// narrow reports whether values have 32 bits.
func narrow(k kind) bool { return k == kindInt || k == kindDate || k == kindTimeMillis }

func (v *values) boolean(dst []byte) ([]byte, error) {
	b, err := v.take(1)
	switch {
	case err != nil:
		return dst, err
	case b[0] == 0:
		return append(dst, "false"...), nil
	case b[0] == 1:
		return append(dst, "true"...), nil
	}
	return dst, fmt.Errorf("the byte %d stands for a boolean, which is 0 or 1", b[0])
}

func (v *values) float(dst []byte) ([]byte, error) {
	b, err := v.take(4)
	if err != nil {
		return dst, err
	}
	return appendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32), nil
}

func (v *values) double(dst []byte) ([]byte, error) {
	b, err := v.take(8)
	if err != nil {
		return dst, err
	}
	return appendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64), nil
}

// counted appends what is coded as its length and its bytes.
func (v *values) counted(dst []byte, t *valueType) ([]byte, error) {
	n, err := v.long()
	if err != nil {
		return dst, err
	}
	b, err := v.take(n)
	if err != nil {
		return dst, err
	}
	switch t.kind {
	case kindString, kindUUID:
		return appendText(dst, b, v.limit)
	case kindDecimal:
		return v.work.decimal(dst, b, t.scale)
	case kindBigDecimal:
		return v.work.bigDecimal(dst, b)
	}
	return appendBase64(dst, b, v.limit)
}

func (v *values) fixed(dst []byte, t *valueType) ([]byte, error) {
	b, err := v.take(int64(t.size))
	if err != nil {
		return dst, err
	}
	switch t.kind {
	case kindFixedDecimal:
		return v.work.decimal(dst, b, t.scale)
	case kindFixedUUID:
		return file.AppendUUID(dst, b), nil
	case kindDuration:
		return appendDuration(dst, b), nil
	}
	return appendBase64(dst, b, v.limit)
}

func (v *values) symbol(dst []byte, symbols [][]byte) ([]byte, error) {
	i, err := v.long()
	if err != nil {
		return dst, err
	}
	if i < 0 || i >= int64(len(symbols)) {
		return dst, fmt.Errorf("symbol %d of an enum that has %d", i, len(symbols))
	}
	return append(dst, symbols[i]...), nil
}

func (v *values) branch(dst []byte, branches []*valueType) ([]byte, error) {
	i, err := v.long()
	if err != nil {
		return dst, err
	}
	if i < 0 || i >= int64(len(branches)) {
		return dst, fmt.Errorf("branch %d of a union that has %d", i, len(branches))
	}
	return v.value(dst, branches[i])
}
