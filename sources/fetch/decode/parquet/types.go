//go:build !small

package parquet

import "fmt"

// Physical types.
const (
	physicalBoolean = iota
	physicalInt32
	physicalInt64
	physicalInt96
	physicalFloat
	physicalDouble
	physicalBytes
	physicalFixed
)

// Logical types, by their number in the union.
const (
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInt       = 10
	logicalNull      = 11
	logicalJSON      = 12
	logicalBSON      = 13
	logicalUUID      = 14
	logicalFloat16   = 15
)

// Converted types, which old writers have instead of logical ones.
const (
	convertedMap         = 1
	convertedMapKeyValue = 2
	convertedList        = 3
	convertedInterval    = 21
)

// converted are the logical types that converted types stand for.
var converted = [...]logical{
	0:  {kind: logicalString},
	4:  {kind: logicalEnum},
	5:  {kind: logicalDecimal},
	6:  {kind: logicalDate},
	7:  {kind: logicalTime, unit: 1, utc: true},
	8:  {kind: logicalTime, unit: 2, utc: true},
	9:  {kind: logicalTimestamp, unit: 1, utc: true},
	10: {kind: logicalTimestamp, unit: 2, utc: true},
	11: {kind: logicalInt, bits: 8},
	12: {kind: logicalInt, bits: 16},
	13: {kind: logicalInt, bits: 32},
	14: {kind: logicalInt, bits: 64},
	15: {kind: logicalInt, bits: 8, sign: true},
	16: {kind: logicalInt, bits: 16, sign: true},
	17: {kind: logicalInt, bits: 32, sign: true},
	18: {kind: logicalInt, bits: 64, sign: true},
	19: {kind: logicalJSON},
	20: {kind: logicalBSON},
}

// kind is how the values of a column are written.
type kind uint8

const (
	kindBytes kind = iota
	kindBoolean
	kindInt32
	kindInt64
	kindUint32
	kindUint64
	kindFloat16
	kindFloat32
	kindFloat64
	kindDecimal
	kindText
	kindJSON
	kindUUID
	kindDate
	kindTime
	kindLocal   // a timestamp without a zone
	kindInstant // a timestamp in UTC
	kindInt96
	kindInterval
	kindNull
)

// unit is a part of a second: how many of them it has, and digits behind its point.
type unit struct {
	perSecond int64
	digits    int
}

var units = [...]unit{1: {1e3, 3}, 2: {1e6, 6}, 3: {1e9, 9}}

// plain are the kinds and widths of physical types without an annotation.
var plain = [...]struct {
	kind  kind
	width int
}{
	physicalBoolean: {kindBoolean, 0},
	physicalInt32:   {kindInt32, 4},
	physicalInt64:   {kindInt64, 8},
	physicalInt96:   {kindInt96, 12},
	physicalFloat:   {kindFloat32, 4},
	physicalDouble:  {kindFloat64, 8},
	physicalBytes:   {kindBytes, 0},
	physicalFixed:   {kindBytes, 0},
}

const (
	maxFixed = 1 << 20
	maxScale = 1000
)

// setType sets how the values of a column are stored and written.
func (c *leaf) setType(e *element) error {
	if int(e.physical) >= len(plain) {
		return fmt.Errorf("has the unknown physical type %d", e.physical)
	}
	c.kind, c.width = plain[e.physical].kind, plain[e.physical].width
	if e.physical == physicalFixed {
		if c.width = int(e.length); c.width < 1 || c.width > maxFixed {
			return fmt.Errorf("says that each value has %d bytes; 1 to %d are possible", e.length, maxFixed)
		}
	}
	l := e.logical
	if l.kind == 0 && e.converted >= 0 && int(e.converted) < len(converted) {
		l = converted[e.converted]
		l.scale = e.scale
	}
	if e.converted == convertedInterval && l.kind == 0 {
		c.kind = kindInterval
		return c.must(e.physical == physicalFixed && c.width == 12, "INTERVAL")
	}
	return c.setLogical(l)
}

func (c *leaf) must(fits bool, logical string) error {
	if !fits {
		return fmt.Errorf("the type %s is not possible for physical type %d with %d bytes", logical, c.physical, c.width)
	}
	return nil
}

func (c *leaf) setLogical(l logical) error {
	isBytes := c.physical == physicalBytes || c.physical == physicalFixed
	switch l.kind {
	case logicalString, logicalEnum:
		c.kind = kindText
		return c.must(isBytes, "STRING or ENUM")
	case logicalJSON:
		c.kind = kindJSON
		return c.must(isBytes, "JSON")
	case logicalDecimal:
		c.kind, c.scale = kindDecimal, int(l.scale)
		if c.scale < 0 || c.scale > maxScale {
			return fmt.Errorf("a DECIMAL has the scale %d; 0 to %d are possible", l.scale, maxScale)
		}
		return c.must(isBytes || c.physical == physicalInt32 || c.physical == physicalInt64, "DECIMAL")
	case logicalDate:
		c.kind = kindDate
		return c.must(c.physical == physicalInt32, "DATE")
	case logicalTime, logicalTimestamp:
		return c.setTime(l)
	case logicalInt:
		return c.setInt(l)
	case logicalNull:
		c.kind = kindNull
	case logicalUUID:
		c.kind = kindUUID
		return c.must(c.physical == physicalFixed && c.width == 16, "UUID")
	case logicalFloat16:
		c.kind = kindFloat16
		return c.must(c.physical == physicalFixed && c.width == 2, "FLOAT16")
	}
	return nil
}

func (c *leaf) setTime(l logical) error {
	if l.unit < 1 || int(l.unit) >= len(units) {
		return fmt.Errorf("has an unknown unit of time, %d", l.unit)
	}
	c.unit = units[l.unit]
	switch {
	case l.kind == logicalTime:
		c.kind = kindTime
		return c.must(c.physical == physicalInt64 || c.physical == physicalInt32 && l.unit == 1, "TIME")
	case l.utc:
		c.kind = kindInstant
	default:
		c.kind = kindLocal
	}
	return c.must(c.physical == physicalInt64, "TIMESTAMP")
}

func (c *leaf) setInt(l logical) error {
	switch {
	case c.physical == physicalInt32 && l.sign:
		c.kind = kindInt32
	case c.physical == physicalInt32:
		c.kind = kindUint32
	case l.sign:
		c.kind = kindInt64
	default:
		c.kind = kindUint64
	}
	return c.must(c.physical == physicalInt32 && l.bits <= 32 || c.physical == physicalInt64 && l.bits == 64, "INT")
}
