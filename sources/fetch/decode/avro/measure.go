//go:build !small

package avro

import (
	"errors"
	"math"
)

// visit says how far measure got with a type.
type visit uint8

const (
	unvisited visit = iota
	visiting
	visited
)

var errEndless = errors.New("a record that holds itself by its fields alone has no end")

// measure works out and returns how many bytes a value of t takes at least. A number of values
// that a file claims is held against it before anything is made of them.
func (t *valueType) measure() (int, error) {
	switch t.visited {
	case visited:
		return t.least, nil
	case visiting:
		return 0, errEndless
	}
	t.visited = visiting
	least, err := t.sum()
	t.least, t.visited = least, visited
	return least, err
}

func (t *valueType) sum() (int, error) {
	switch t.kind {
	case kindNull:
		return 0, nil
	case kindFloat:
		return 4, nil
	case kindDouble:
		return 8, nil
	case kindFixed, kindFixedDecimal, kindFixedUUID, kindDuration:
		return t.size, nil
	case kindRecord:
		return t.sumOfFields()
	}
	return 1, nil // a length, a number or an index
}

func (t *valueType) sumOfFields() (int, error) {
	total := 0
	for _, f := range t.fields {
		least, err := f.of.measure()
		if err != nil {
			return 0, err
		}
		total = min(total+min(least, math.MaxInt32), math.MaxInt32)
	}
	return total, nil
}
