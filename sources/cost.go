package sources

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Cost is what an API takes for its answers, as points or money, in millionths. Sums
// of it are exact.
type Cost int64

// OneCost is a cost of 1.
const OneCost Cost = 1_000_000

// MostCost is the greatest cost that one text may say: a thousand sums of it fit.
const MostCost = 1_000_000_000 * OneCost

// ParseCost reads a number that is not negative, as 5 or 0.0025. What is less than a
// millionth is rounded up: a budget is never exceeded by it.
func ParseCost(text string) (Cost, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 40 || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	if f, err := strconv.ParseFloat(text, 64); err != nil || !(f >= 0 && f <= float64(MostCost/OneCost)) {
		return 0, false
	} else if f < 1e-30 {
		return 0, true // an exponent that is far below 0 would make a long number
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	n.Mul(n, new(big.Rat).SetInt64(int64(OneCost)))
	whole, rest := new(big.Int).QuoRem(n.Num(), n.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return Cost(whole.Int64()), true
}

// CostOf is the cost that a template's value says. A missing value is none.
func CostOf(v expr.Value) (Cost, bool) {
	if v.Missing() {
		return 0, true
	}
	if v.Kind() == expr.KindBool {
		return 0, false
	}
	return ParseCost(v.Text())
}

// Times is what so many times the cost come to, the greatest cost there is at most.
func (c Cost) Times(n int64) Cost {
	if n > 0 && c > math.MaxInt64/Cost(n) {
		return math.MaxInt64
	}
	return c * Cost(n)
}

// String is the number, without an exponent.
func (c Cost) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	text := strconv.FormatInt(int64(c/OneCost), 10)
	if rest := c % OneCost; rest > 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(int64(OneCost+rest), 10)[1:], "0")
	}
	return sign + text
}

// MarshalJSON writes the number.
func (c Cost) MarshalJSON() ([]byte, error) { return []byte(c.String()), nil }

// Float is the number for whoever wants one that may be rounded.
func (c Cost) Float() float64 { return float64(c) / float64(OneCost) }
