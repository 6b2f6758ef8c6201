package sources

import (
	"math/big"
	"strconv"
	"strings"
)

// Share is a part of a number of things: a percentage, or so many of them. The
// zero value is none.
type Share struct {
	text    string // as it was written; "" in the zero value
	count   int64
	percent *big.Rat // nil: count says how many
}

// ParseShare reads 20%, 0.5% or 500.
func ParseShare(text string) (Share, bool) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		percent, ok := new(big.Rat).SetString(number)
		if !ok || strings.ContainsAny(number, "/eExX_ +-") || len(number) > 20 || percent.Cmp(big.NewRat(100, 1)) > 0 {
			return Share{}, false
		}
		return Share{text: text, percent: percent}, true
	}
	count, err := strconv.ParseInt(text, 10, 64)
	return Share{text: text, count: count}, err == nil && count >= 0 && text[0] != '+'
}

// IsZero reports whether nothing was written.
func (s Share) IsZero() bool { return s.text == "" }

// String is the share as it was written.
func (s Share) String() string { return s.text }

// Exceeded reports whether n of so many are more than the share.
func (s Share) Exceeded(n, of int64) bool {
	if s.percent == nil {
		return n > s.count
	}
	share := new(big.Rat).Mul(s.percent, new(big.Rat).SetInt64(of))
	return new(big.Rat).SetInt64(n).Cmp(share.Quo(share, big.NewRat(100, 1))) > 0
}
