//go:build !small

package avro

import "math"

// takeLogicalType makes a type that was read the logical one that its schema
// names. A logical type that is unknown, or does not fit, leaves the plain type: so
// says the specification.
func (t *valueType) takeLogicalType(schema map[string]any) {
	name, _ := schema["logicalType"].(string)
	switch t.kind {
	case kindInt:
		t.takeOfInt(name)
	case kindLong:
		t.takeOfLong(name)
	case kindBytes:
		switch name {
		case "decimal":
			t.takeDecimal(schema, kindDecimal, math.MaxInt)
		case "big-decimal":
			t.kind = kindBigDecimal
		}
	case kindFixed:
		t.takeOfFixed(name, schema)
	case kindString:
		if name == "uuid" {
			t.kind = kindUUID
		}
	}
}

func (t *valueType) takeOfInt(name string) {
	switch name {
	case "date":
		t.kind = kindDate
	case "time-millis":
		t.kind = kindTimeMillis
	}
}

func (t *valueType) takeOfLong(name string) {
	switch name {
	case "time-micros":
		t.kind = kindTimeMicros
	case "timestamp-millis":
		t.kind, t.digits = kindTimestamp, 3
	case "timestamp-micros":
		t.kind, t.digits = kindTimestamp, 6
	case "timestamp-nanos":
		t.kind, t.digits = kindTimestamp, 9
	case "local-timestamp-millis":
		t.kind, t.digits = kindLocalTimestamp, 3
	case "local-timestamp-micros":
		t.kind, t.digits = kindLocalTimestamp, 6
	case "local-timestamp-nanos":
		t.kind, t.digits = kindLocalTimestamp, 9
	}
}

func (t *valueType) takeOfFixed(name string, schema map[string]any) {
	switch {
	case name == "decimal" && t.size > 0:
		most := math.Floor(math.Log10(2) * (8*float64(t.size) - 1))
		t.takeDecimal(schema, kindFixedDecimal, int(min(most, math.MaxInt32)))
	case name == "uuid" && t.size == 16:
		t.kind = kindFixedUUID
	case name == "duration" && t.size == 12:
		t.kind = kindDuration
	}
}

// takeDecimal makes t a decimal if its precision and scale are such. most is the
// precision that its size has room for.
func (t *valueType) takeDecimal(schema map[string]any, decimal kind, most int) {
	precision, ok := integer(schema["precision"])
	if !ok || precision < 1 || precision > most {
		return
	}
	scale := 0
	if v, there := schema["scale"]; there {
		if scale, ok = integer(v); !ok || scale < 0 || scale > precision {
			return
		}
	}
	t.kind, t.scale = decimal, scale
}
