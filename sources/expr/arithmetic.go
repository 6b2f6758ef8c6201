package expr

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// maxDigits bounds integers, as Python bounds those that it prints.
const maxDigits = 4300

var (
	errDivision = errors.New("division by zero")
	errDigits   = errors.New("the number has too many digits")
)

// An operator is one of arithmetic.
type operator uint8

const (
	opAdd operator = iota
	opSubtract
	opMultiply
	opDivide
	opFloor  // //
	opModulo // %, with the sign of the divisor
	opPower
)

func (o operator) String() string { return [...]string{"+", "-", "*", "/", "//", "%", "**"}[o] }

// arithmetic computes with Python's rules: integers are exact whatever their size, / always gives
// a float.
func arithmetic(op operator, a, b number) (number, error) {
	if op >= opDivide && op <= opModulo && b.isZero() {
		return number{}, errDivision
	}
	if a.float || b.float || op == opDivide || op == opPower && b.compare(number{}) == less {
		return floatArithmetic(op, a.float64(), b.float64())
	}
	if !a.big && !b.big {
		if i, ok := intArithmetic(op, a.i, b.i); ok {
			return number{i: i}, nil
		}
	}
	return bigArithmetic(op, a, b)
}

func floatArithmetic(op operator, a, b float64) (number, error) {
	var f float64
	switch op {
	case opAdd:
		f = a + b
	case opSubtract:
		f = a - b
	case opMultiply:
		f = a * b
	case opDivide:
		f = a / b
	case opFloor:
		f = math.Floor(a / b)
	case opModulo:
		f = math.Mod(a, b)
		if f != 0 && (f < 0) != (b < 0) {
			f += b
		}
	case opPower:
		if a == 0 && b < 0 {
			return number{}, errDivision
		}
		f = math.Pow(a, b)
	}
	if math.IsNaN(f) && !math.IsNaN(a) && !math.IsNaN(b) || math.IsInf(f, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return number{}, errors.New("the result is not a number that can be written")
	}
	return number{float: true, f: f}, nil
}

// intArithmetic reports false where the result does not fit, and for powers.
func intArithmetic(op operator, a, b int64) (int64, bool) {
	switch op {
	case opAdd:
		sum := a + b
		return sum, (sum > a) == (b > 0)
	case opSubtract:
		difference := a - b
		return difference, (difference < a) == (b > 0)
	case opMultiply:
		high, low := bits.Mul64(magnitude(a), magnitude(b))
		return a * b, high == 0 && low <= math.MaxInt64
	case opFloor:
		quotient := a / b
		if a%b != 0 && (a < 0) != (b < 0) {
			quotient--
		}
		return quotient, a != math.MinInt64
	case opModulo:
		remainder := a % b
		if remainder != 0 && (remainder < 0) != (b < 0) {
			remainder += b
		}
		return remainder, true
	}
	return 0, false
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

func bigArithmetic(op operator, a, b number) (number, error) {
	x, err := a.bigInt()
	if err != nil {
		return number{}, err
	}
	y, err := b.bigInt()
	if err != nil {
		return number{}, err
	}
	z := new(big.Int)
	switch op {
	case opAdd:
		z.Add(x, y)
	case opSubtract:
		z.Sub(x, y)
	case opMultiply:
		z.Mul(x, y)
	case opFloor:
		floorDivide(z, new(big.Int), x, y)
	case opModulo:
		floorDivide(new(big.Int), z, x, y)
	case opPower:
		if err := raise(z, x, y); err != nil {
			return number{}, err
		}
	}
	return integer(z)
}

// floorDivide sets q and r to the quotient, rounded down, and the remainder of x by y.
func floorDivide(q, r, x, y *big.Int) {
	q.QuoRem(x, y, r)
	if r.Sign() != 0 && r.Sign() != y.Sign() {
		q.Sub(q, big.NewInt(1))
		r.Add(r, y)
	}
}

// raise sets z to x to the power of y, which is not negative.
func raise(z, x, y *big.Int) error {
	if x.CmpAbs(big.NewInt(1)) > 0 && (!y.IsInt64() || y.Int64() > maxDigits*4/int64(x.BitLen())+1) {
		return errDigits
	}
	if x.CmpAbs(big.NewInt(1)) <= 0 && y.Sign() != 0 {
		y = big.NewInt(2 - int64(y.Bit(0))) // 0, 1 and -1: only the parity counts
	}
	z.Exp(x, y, nil)
	return nil
}

func (n number) bigInt() (*big.Int, error) {
	if !n.big {
		return big.NewInt(n.i), nil
	}
	if len(n.text) > maxDigits {
		return nil, errDigits
	}
	i, ok := new(big.Int).SetString(n.text, 10)
	if !ok {
		return nil, errDigits
	}
	return i, nil
}

func integer(i *big.Int) (number, error) {
	if i.IsInt64() {
		return number{i: i.Int64()}, nil
	}
	if i.BitLen() > maxDigits*4 {
		return number{}, errDigits
	}
	text := i.String()
	if len(text) > maxDigits {
		return number{}, errDigits
	}
	return number{big: true, text: text}, nil
}
