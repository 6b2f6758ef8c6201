package check

import (
	"bytes"
	"math/bits"

	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// numberCheck is what a schema asks of numbers. A nil limit is none.
type numberCheck struct {
	judge    bool // a limit is beyond what is compared here
	none     bool // the judge lets no number pass: a format is asked for
	least    *decimal
	most     *decimal
	above    *decimal
	below    *decimal
	multiple *decimal
}

// checkNumber is checkPlain for a number.
func (f *Run) checkNumber(c *check, i int) (int, verdict) {
	p := f.proof
	end, form := scan.Number(p.Text, i)
	if end < 0 {
		return p.NotNumber(^end), unsure
	}
	text := p.Text[i:end]
	p.Huge = p.Huge || scan.IsVast(text, form)
	v := c.allowsNumber(text, form)
	if c.number != nil && v == fits {
		v = c.number.fits(text, form)
	}
	return end, v
}

// allowsNumber says whether a number is of a kind that is allowed. To the judge
// 1.0 is an integer.
func (c *check) allowsNumber(text []byte, form scan.Form) verdict {
	switch {
	case c.kinds&kinds.Number != 0:
		return fits
	case c.kinds&kinds.Integer == 0:
		return breaks
	case form == scan.Whole:
		return fits
	case form == scan.Exponent:
		return unsure
	case kinds.IsIntegral(text):
		return fits
	}
	return breaks
}

func (k *numberCheck) fits(text []byte, form scan.Form) verdict {
	if k.none {
		return breaks
	}
	d, ok := decimalOf(text)
	if k.judge || form == scan.Exponent || !ok {
		return unsure
	}
	if k.least != nil && d.compare(*k.least) < 0 || k.most != nil && d.compare(*k.most) > 0 ||
		k.above != nil && d.compare(*k.above) <= 0 || k.below != nil && d.compare(*k.below) >= 0 {
		return breaks
	}
	if k.multiple != nil {
		return d.divides(*k.multiple)
	}
	return fits
}

// decimal is a number of at most 18 digits: value × 10^-scale, negated where it
// says so.
type decimal struct {
	value    uint64
	scale    int // 0 to 18
	negative bool
}

// decimalDigits is how many digits a decimal has at most: ten to the power of
// twice as many fits 128 bits.
const decimalDigits = 18

// decimalOf reads a proven number without an exponent. ok is false where it
// has too many digits.
func decimalOf(text []byte) (d decimal, ok bool) {
	text, d.negative = bytes.CutPrefix(text, []byte("-"))
	point, digits := false, 0
	for _, c := range text {
		switch {
		case c == '.':
			point = true
			continue
		case !formats.IsDigit(c) || digits >= decimalDigits:
			return d, false
		case point:
			d.scale++
		}
		digits++
		d.value = d.value*10 + uint64(c-'0')
	}
	if d.value == 0 {
		d.negative = false
	}
	return d, true
}

// compare returns -1, 0 or 1.
func (d decimal) compare(other decimal) int {
	if d.negative != other.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	aHigh, aLow := d.at(max(d.scale, other.scale))
	bHigh, bLow := other.at(max(d.scale, other.scale))
	order := 0
	switch {
	case aHigh < bHigh || aHigh == bHigh && aLow < bLow:
		order = -1
	case aHigh > bHigh || aLow > bLow:
		order = 1
	}
	if d.negative {
		return -order
	}
	return order
}

// at returns the value, without its sign, as it is at a larger scale: 128 bits.
func (d decimal) at(scale int) (high, low uint64) {
	power := uint64(1)
	for range scale - d.scale {
		power *= 10
	}
	return bits.Mul64(d.value, power)
}

// divides says whether d is a multiple of the other.
func (d decimal) divides(other decimal) verdict {
	scale := max(d.scale, other.scale)
	high, low := d.at(scale)
	over, by := other.at(scale)
	switch {
	case over > 0:
		return unsure
	case bits.Rem64(high, low, by) == 0:
		return fits
	}
	return breaks
}
