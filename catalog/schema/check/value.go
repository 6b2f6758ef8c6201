package check

import (
	"bytes"

	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// check proves the value that begins at i and holds it against c. Like the
// methods of scan.Proof it returns the index after the value, or a negative one
// where the text is not JSON.
func (f *Run) check(c *check, i int) (int, verdict) {
	if c == nil {
		return f.proof.Value(i), fits
	}
	if c.more != nil {
		return f.checkMore(c, i)
	}
	return f.checkPlain(c, i)
}

// checkPlain is check without what is asked of values of every kind.
func (f *Run) checkPlain(c *check, i int) (int, verdict) {
	p := f.proof
	b := p.Text
	if i < 0 || i >= len(b) {
		return p.Value(i), unsure
	}
	switch first := b[i]; first {
	case '"':
		return f.checkText(c, i)
	case '{':
		if c.object != nil { // what it notes is wanted in any case
			end, v := f.checkObject(c.object, i)
			return end, max(v, c.allows('{'))
		}
	case '[':
		if c.array != nil {
			end, v := f.checkArray(c.array, i)
			return end, max(v, c.allows('['))
		}
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if c.number == nil {
			if end := scan.ShortNumber(b, i, c.kinds); end > 0 {
				return end, fits
			}
		}
		return f.checkNumber(c, i)
	default:
		return p.Literal(i), c.allows(first)
	}
	return p.Value(i), c.allows(b[i])
}

// allows says whether a value that begins with this byte, and is no number, is
// of a kind that is allowed.
func (c *check) allows(first byte) verdict {
	if c.kinds&kinds.Of(first) == 0 {
		return breaks
	}
	return fits
}

// literals are the values of enum, or the one of const.
type literals struct {
	words   []string // true, false, null
	texts   map[string]bool
	whole   map[int64]bool // see wholeNumber
	numbers bool           // there are numbers beside those
	nested  bool           // there are objects or arrays
}

// has says whether a proven value is one of the literals. The judge compares
// numbers as float64 and the text of everything else.
func (l *literals) has(x *texts, value []byte) verdict {
	var found, doubt bool
	switch value[0] {
	case '"':
		found = l.texts[string(x.unescape(value[1:len(value)-1]))]
	case '{', '[':
		doubt = l.nested
	case 't', 'f', 'n':
		for _, w := range l.words {
			found = found || w == string(value)
		}
	default:
		n, ok := wholeNumber(value)
		found, doubt = ok && l.whole[n], !ok || l.numbers
	}
	switch {
	case found:
		return fits
	case doubt:
		return unsure
	}
	return breaks
}

// wholeNumber returns the number that a text of at most 15 digits writes: no
// float64 confuses it with another. -0 is not one: the judge tells it from 0.
func wholeNumber(text []byte) (int64, bool) {
	const most = 15 // digits
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if len(digits) == 0 || len(digits) > most || negative && digits[0] == '0' {
		return 0, false
	}
	n := int64(0)
	for _, c := range digits {
		if !formats.IsDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
