package expr

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// abs returns a number without its sign, or a duration without its.
func abs(_ *run, a []Value) (Value, error) {
	if a[0].kind == KindDuration {
		s := a[0].span()
		if s.Months < 0 || s.Nanos < 0 {
			s = s.Negate()
		}
		return spanValue(s), nil
	}
	n, ok := a[0].number()
	if !ok {
		return Value{}, fmt.Errorf("want a number, got %s", a[0].kind)
	}
	if n.float {
		return Float(math.Abs(n.f)), nil
	}
	if n.compare(number{}) == less {
		n, err := arithmetic(opSubtract, number{}, n)
		return n.value(), err
	}
	return n.value(), nil
}

// round takes value, precision and method: common (halves away from zero or, as Python has it,
// to the even digit), ceil or floor.
func round(r *run, a []Value) (Value, error) {
	n, ok := a[0].number()
	if !ok {
		return Value{}, fmt.Errorf("want a number, got %s", a[0].kind)
	}
	precision := int(a[1].num)
	if precision < -300 || precision > 300 {
		return Value{}, errors.New("the precision is out of range")
	}
	f := n.float64()
	scale := math.Pow10(precision)
	switch a[2].text {
	case "common":
		if !n.float && precision >= 0 {
			return n.value(), nil
		}
		rounded := Float(roundDecimal(f, precision))
		if !n.float {
			return toInt(r, []Value{rounded, {}, Int(10)})
		}
		return rounded, nil
	case "ceil":
		return Float(math.Ceil(f*scale) / scale), nil
	case "floor":
		return Float(math.Floor(f*scale) / scale), nil
	}
	return Value{}, errors.New("the method is common, ceil or floor")
}

// roundDecimal rounds the exact value of f, as Python does: 2.675 is a little less than it says.
func roundDecimal(f float64, precision int) float64 {
	if precision >= 0 {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', precision, 64), 64)
		return rounded
	}
	scale := math.Pow10(-precision)
	return math.RoundToEven(f/scale) * scale
}

// toInt takes value, default and base. What is not a number becomes the default, which is 0.
func toInt(_ *run, a []Value) (Value, error) {
	if n, ok := readInt(a[0], int(a[2].num)); ok {
		return n.value(), nil
	}
	if a[0].kind == KindUndefined {
		return Value{}, errors.New("the value is undefined")
	}
	if a[1].kind == KindUndefined {
		return Int(0), nil
	}
	return a[1], nil
}

// readInt returns v without its fraction.
func readInt(v Value, base int) (number, bool) {
	if v.kind == KindString && base != 10 {
		text := strings.TrimSpace(v.str())
		prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]
		i, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(text), prefix), base, 64)
		if err == nil && base > 1 && base <= 36 {
			return number{i: i}, true
		} // else a fraction may be read
	}
	n, ok := v.numeric()
	if v.kind == KindBool {
		n, ok = v.number()
	}
	if !ok || !n.float {
		return n, ok
	}
	if math.IsNaN(n.f) || math.IsInf(n.f, 0) {
		return number{}, false
	}
	whole := strconv.FormatFloat(math.Trunc(n.f), 'f', 0, 64)
	if whole == "-0" {
		whole = "0"
	}
	return literal(whole), true
}

// toFloat takes value and default, which is 0.0.
func toFloat(_ *run, a []Value) (Value, error) {
	n, ok := a[0].numeric()
	if a[0].kind == KindBool {
		n, ok = a[0].number()
	}
	switch {
	case ok:
		return Float(n.float64()), nil
	case a[0].kind == KindUndefined:
		return Value{}, errors.New("the value is undefined")
	case a[1].kind == KindUndefined:
		return Float(0), nil
	}
	return a[1], nil
}
