package expr

import (
	"fmt"
	"slices"
	"strings"
)

// ofKind returns a test for the kind of a value.
func ofKind(kinds ...Kind) function {
	return func(_ *run, a []Value) (Value, error) {
		return Bool(slices.Contains(kinds, a[0].kind)), nil
	}
}

// compared returns a test that is an operator.
func compared(operator string) function {
	compute := comparator(operator)
	return func(r *run, a []Value) (Value, error) { return compute(r, a[0], a[1]) }
}

func isDefined(_ *run, a []Value) (Value, error) { return Bool(a[0].kind != KindUndefined), nil }

func isTrue(_ *run, a []Value) (Value, error) {
	return Bool(a[0].kind == KindBool && a[0].Truth()), nil
}

func isFalse(_ *run, a []Value) (Value, error) {
	return Bool(a[0].kind == KindBool && !a[0].Truth()), nil
}

func isIn(r *run, a []Value) (Value, error) { return r.in(a[0], a[1]) }

func isInteger(_ *run, a []Value) (Value, error) {
	n, ok := a[0].number()
	return Bool(ok && !n.float && a[0].kind != KindBool), nil
}

func isFloat(_ *run, a []Value) (Value, error) {
	n, ok := a[0].number()
	return Bool(ok && n.float), nil
}

func isEven(_ *run, a []Value) (Value, error) {
	zero, err := divides(a[0], Int(2))
	return Bool(zero), err
}

func isOdd(_ *run, a []Value) (Value, error) {
	rest, err := remainder(a[0], Int(2)) // of 2.5 that is 0.5: it is neither odd nor even
	if err == nil {
		rest, err = arithmetic(opSubtract, rest, number{i: 1})
	}
	return Bool(err == nil && rest.isZero()), err
}

func isDivisible(_ *run, a []Value) (Value, error) {
	zero, err := divides(a[0], a[1])
	return Bool(zero), err
}

// divides reports whether nothing is left over when v is divided by the divisor.
func divides(v, divisor Value) (bool, error) {
	rest, err := remainder(v, divisor)
	return err == nil && rest.isZero(), err
}

// remainder is what is left over.
func remainder(v, divisor Value) (number, error) {
	x, xok := v.number()
	y, yok := divisor.number()
	if !xok || !yok {
		return number{}, fmt.Errorf("want numbers, got %s and %s", v.kind, divisor.kind)
	}
	return arithmetic(opModulo, x, y)
}

// isLower reports whether the text has letters, all of them small.
func isLower(_ *run, a []Value) (Value, error) {
	s := a[0].text
	return Bool(s == strings.ToLower(s) && s != strings.ToUpper(s)), nil
}

func isUpper(_ *run, a []Value) (Value, error) {
	s := a[0].text
	return Bool(s == strings.ToUpper(s) && s != strings.ToLower(s)), nil
}

func isSearch(r *run, a []Value) (Value, error) {
	place, err := r.match(a)
	return Bool(place != nil), err
}

// isMatch reports whether the pattern matches at the beginning.
func isMatch(r *run, a []Value) (Value, error) {
	place, err := r.match(a)
	return Bool(place != nil && place[0] == 0), err
}
