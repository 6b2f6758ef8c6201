package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
)

// maker makes random schemas, and values that come near their limits, as
// JSON text.
type maker struct {
	*rand.Rand
	draft   string    // what $schema names; "" is none
	formats []string  // what the keyword format may name
	shared  []*sample // what #/definitions/0 … stand for

	keywords map[string]func(m *maker, depth int) part
	names    []string // of the keywords, sorted
}

func newMaker(seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0)), formats: formatNames, keywords: keywordParts()}
	m.names = sortedKeys(m.keywords)
	return m
}

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

// chance is true in percent of 100 calls.
func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// quote writes s as a JSON string, now and then with escapes. What is U+FFFD
// may be written as half a surrogate pair, which is read as that.
func (m *maker) quote(s string) string {
	odds := pick(m, []int{0, 0, 0, 10, 100})
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '�' && m.chance(70):
			b = append(b, pick(m, []string{`\ud800`, `\uDFFF`, `\ud83d`, `\ufffd`})...)
		case m.chance(odds) || r < ' ':
			b = m.appendEscape(b, r)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		default:
			b = append(b, string(r)...)
		}
	}
	return string(append(b, '"'))
}

var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func (m *maker) appendEscape(b []byte, r rune) []byte {
	if short := shortEscapes[r]; short != "" && m.chance(50) {
		return append(b, short...)
	}
	hex := pick(m, []string{`\u%04x`, `\u%04X`})
	if r > 0xffff {
		r -= 0x10000
		return fmt.Appendf(b, hex+hex, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Appendf(b, hex, r)
}

// space returns white space, mostly none.
func (m *maker) space() string {
	return pick(m, []string{"", "", "", "", "", "", " ", "\n\t", "\r\n  "})
}

// join writes the items of an array or object.
func (m *maker) join(open string, items []string, closing string) string {
	if m.chance(70) {
		return open + strings.Join(items, ",") + closing
	}
	var b strings.Builder
	b.WriteString(open + m.space())
	for i, item := range items {
		if i > 0 {
			b.WriteString(m.space() + "," + m.space())
		}
		b.WriteString(item)
	}
	return b.String() + m.space() + closing
}

// field is a member of an object as it is written.
type field struct{ name, value string }

// object writes an object: in any order, with a name given twice at times.
func (m *maker) object(fields []field) string {
	m.Shuffle(len(fields), func(i, k int) { fields[i], fields[k] = fields[k], fields[i] })
	if len(fields) > 0 && m.chance(7) {
		twin := pick(m, fields)
		if m.chance(60) {
			twin.value = m.anyValue(0)
		}
		twin.name = m.respell(twin.name)
		fields = append(fields, twin)
		i := m.IntN(len(fields))
		fields[i], fields[len(fields)-1] = fields[len(fields)-1], fields[i]
	}
	var items []string
	for _, f := range fields {
		items = append(items, f.name+m.space()+":"+m.space()+f.value)
	}
	return m.join("{", items, "}")
}

// respell writes a value in another way that means the same, or nearly.
func (m *maker) respell(text string) string {
	text = strings.TrimSpace(text)
	switch text[0] {
	case '"':
		return m.quote(unquoted(text))
	case '{':
		var fields []field
		decoded := map[string]json.RawMessage{}
		mustDecode(text, &decoded)
		for _, name := range sortedKeys(decoded) {
			fields = append(fields, field{m.quote(name), m.respell(string(decoded[name]))})
		}
		return m.object(fields)
	case '[':
		var decoded []json.RawMessage
		mustDecode(text, &decoded)
		var items []string
		for _, item := range decoded {
			items = append(items, m.respell(string(item)))
		}
		return m.join("[", items, "]")
	case 't', 'f', 'n':
		return text
	}
	return m.sameNumber(text)
}

// bigDecimal is coefficient · 10^exponent.
type bigDecimal struct {
	coefficient *big.Int
	exponent    int
}

func parseDecimal(text string) bigDecimal {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	var d bigDecimal
	fmt.Sscan(exponent, &d.exponent)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exponent -= len(fraction)
	d.coefficient, _ = new(big.Int).SetString(whole+fraction, 10)
	return d
}

func (d bigDecimal) String() string {
	digits := new(big.Int).Abs(d.coefficient).String()
	sign := ""
	if d.coefficient.Sign() < 0 {
		sign = "-"
	}
	switch {
	case d.exponent == 0 || d.exponent > 0 && digits == "0":
		return sign + digits
	case d.exponent > 0:
		return sign + digits + strings.Repeat("0", min(d.exponent, 500))
	}
	if short := -d.exponent + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)+d.exponent] + "." + digits[len(digits)+d.exponent:]
}

// sameNumber writes a number otherwise: zeros, a fraction, an exponent.
func (m *maker) sameNumber(text string) string {
	d := parseDecimal(text)
	if d.exponent > 250 || d.exponent < -250 {
		return text
	}
	if d.coefficient.Sign() == 0 && m.chance(60) {
		return pick(m, []string{"0", "-0", "0.0", "-0.00", "0e1", "-0E-1", "0.0e+400", text})
	}
	switch m.IntN(6) {
	case 0:
		return strings.TrimSuffix(m.finer(d, m.IntN(4)).String(), ".")
	case 1:
		return fmt.Sprintf("%d%s%d", d.coefficient, pick(m, []string{"e", "E"}), d.exponent)
	case 2:
		shift := m.IntN(9) - 4
		moved := bigDecimal{d.coefficient, d.exponent - shift}
		return fmt.Sprintf("%s%s%0*d", moved, pick(m, []string{"e", "E", "e+", "E+"}[:2+2*bit(shift >= 0)]), 1+m.IntN(2), shift)
	default:
		return text
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// finer returns d with so many more digits.
func (m *maker) finer(d bigDecimal, digits int) bigDecimal {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return bigDecimal{scale.Mul(scale, d.coefficient), d.exponent - digits}
}

// near returns a number at the limit or a little beside it.
func (m *maker) near(limit string) string {
	d := parseDecimal(limit)
	if d.exponent > 250 || d.exponent < -250 {
		return limit
	}
	if m.chance(60) {
		d = m.finer(d, pick(m, []int{0, 0, 0, 1, 2, 17, 18, 19, 20, 40}))
		if d.exponent > 0 {
			d = m.finer(d, d.exponent)
		}
		d.coefficient = new(big.Int).Add(d.coefficient, big.NewInt(int64(m.IntN(5)-2)))
	}
	return m.sameNumber(d.String())
}

// limits are numbers to set limits with.
var limits = []string{
	"0", "0", "1", "1", "-1", "2", "5", "10", "100", "1000", "0.1", "1.5", "-0.5", "0.30000000000000004", "1e3", "1E-2", "12e1", "1.0", "-0",
	"2147483647", "9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"18446744073709551615", "18446744073709551616", "999999999999999999", "1000000000000000000", "1e20", "123456789.123456789", "1e-7", "99.99", "1e300",
}

// numbers are what a check of numbers may stumble over.
var numbers = []string{
	"0", "-0", "0.0", "-0.0", "0e0", "-0E-5", "0e400", "1", "1.0", "1.5", "1e2", "1E+2", "100e-2", "150e-2", "1.50", "2", "3", "-1", "10", "42", "1e0", "1e00", "1E-0",
	"9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775806", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551614", "18446744073709551615", "18446744073709551616", "340282366920938463463374607431768211456", "0.1", "0.2", "0.3", "0.30000000000000004", "19.99", "19.995",
	"0.1000000000000000000000000000000000000001", "0.1000000000000000055511151231257827021181583404541015625", "1.7976931348623157e308", "5e-324", "1e-7",
	"123456789012345678901234567890.123456789012345678901234567890", "1e22", "1e23", "12345678901234567e-3",
}

// wildNumbers make the judge panic in places, or must not reach it.
var wildNumbers = []string{
	"1e309", "-1e309", "1.8e308", "1e350", "-1e-350", "1e400", "1E-400", "-1e-400", "1e401", "1e-401", "1E999999999999999999999", "0e401",
	strings.Repeat("9", 309), strings.Repeat("9", 400), strings.Repeat("9", 401), "0." + strings.Repeat("1", 398), "0." + strings.Repeat("1", 399), "-" + strings.Repeat("1", 400), "1" + strings.Repeat("0", 396) + ".00",
}

func (m *maker) number() string {
	if m.chance(2) {
		return pick(m, wildNumbers)
	}
	if m.chance(30) {
		return m.near(pick(m, limits))
	}
	return pick(m, numbers)
}

// letters are what strings are made of.
var letters = []string{"a", "b", "v", "A", "0", "9", " ", "-", "/", "~", "é", "e\u0301", "ß", "世", "😀", "\u200d", "�", "\"", "\\", "<", "&", "\u2028", "\n", "\u0000", "\u007f", "İ", "\U0010ffff"}

func (m *maker) runes(n int) string {
	var b strings.Builder
	for b.Len() < 200 && n > 0 {
		letter := pick(m, letters)
		b.WriteString(letter)
		n -= len([]rune(letter))
	}
	return b.String()
}

func (m *maker) text() string {
	if m.chance(50) {
		return m.quote(pick(m, []string{"", "a", "b", "ab", "aa", "abc", "v", "1", "null", "true", "2024-02-29", "12:30:00Z", "2024-02-29T12:30:00Z", "x@y.z", "1e999", "é", "/a"}))
	}
	return m.quote(m.runes(m.IntN(6)))
}

// anyValue returns a value of any type.
func (m *maker) anyValue(depth int) string {
	switch n := m.IntN(12); {
	case n < 4:
		return m.text()
	case n < 7:
		return m.number()
	case n < 10 || depth <= 0:
		return pick(m, []string{"null", "true", "false", "{}", "[]", "null"})
	case n == 10:
		var items []string
		for range m.IntN(4) {
			items = append(items, m.anyValue(depth-1))
		}
		return m.join("[", items, "]")
	default:
		var fields []field
		for range m.IntN(4) {
			fields = append(fields, field{m.quote(m.name()), m.anyValue(depth - 1)})
		}
		return m.object(fields)
	}
}

// name returns a name for a field.
func (m *maker) name() string {
	return pick(m, []string{"a", "a", "a", "b", "b", "c", "v", "ab", "", "a/b", "a~b", "a.b", "é", "e\u0301", "�", "😀", "$ref", "type", "properties", "0", "\"", "A", "<"})
}

// mutate changes one value or name of a JSON text.
func (m *maker) mutate(text string) string {
	spots := scalarText.FindAllStringIndex(text, -1)
	if len(spots) == 0 {
		return text
	}
	spot := pick(m, spots)
	old, rest := text[spot[0]:spot[1]], text[spot[1]:]
	isName := strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":")
	var changed string
	switch {
	case isName && m.chance(80):
		changed = m.respell(old)
	case isName:
		changed = m.quote(m.name())
	case m.chance(40):
		changed = m.anyValue(1)
	case old[0] == '"' && m.chance(60):
		changed = m.quote(m.slip(unquoted(old)))
	case old[0] == '-' || '0' <= old[0] && old[0] <= '9':
		changed = m.near(old)
	default:
		changed = m.respell(old)
	}
	return text[:spot[0]] + changed + rest
}

// slip changes a string in one place.
func (m *maker) slip(s string) string {
	runes := []rune(s)
	i := m.IntN(len(runes) + 1)
	inserted := []rune(pick(m, slips))
	end := min(i+m.IntN(2), len(runes))
	if m.chance(25) {
		inserted = nil
	}
	return string(runes[:i]) + string(inserted) + string(runes[end:])
}

// slips are what formats trip over.
var slips = append(strings.Fields(`0 1 2 3 5 6 9 00 a f A F g z Z t T - + : . , / ~ ~2 # % %2 %41 { } [ ] @ \\ " ( ) * ? _ é 世 :: ٣ ; = & ^ $`), " ", "\n", "�")
