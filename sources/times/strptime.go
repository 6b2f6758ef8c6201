package times

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Strptime reads text by a layout of [Strftime], as Python's strptime does: numbers may lack their
// leading zeros, space matches any space, names are English, in either case. Without a zone the
// time is UTC; what the layout leaves out is that of 1900-01-01T00:00:00. The result is in UTC.
func Strptime(layout, text string) (time.Time, error) {
	t, err := Reader{Layout: layout}.byLayout(text)
	return t.At, err
}

func (r Reader) byLayout(text string) (Time, error) {
	p := newTimeParser(text)
	if err := p.parse(r.Layout, 0); err != nil {
		return Time{}, err
	}
	if p.rest != "" {
		return Time{}, errLeftOver
	}
	return p.result(r.Zone, LayoutUnit(r.Layout))
}

// A timeParser reads the text that is left by one directive after the other.
type timeParser struct {
	fields
	rest    string
	epoch   *time.Time // set by the directives that count from 1970
	yearDay int
	hour12  bool
	pm      bool
}

func newTimeParser(text string) timeParser {
	return timeParser{fields: fields{year: 1900, month: 1, day: 1}, rest: text}
}

var (
	errMismatch = errors.New("it does not match")
	errLeftOver = errors.New("text is left over at the end")
)

func (p *timeParser) parse(layout string, depth int) error {
	for layout != "" {
		text, directive, found := strings.Cut(layout, "%")
		if err := p.literal(text); err != nil {
			return err
		}
		if !found {
			return nil
		}
		name, rest := cutDirective(directive)
		layout = rest
		err := error(nil)
		if composed := composedLayout(name); composed != "" && depth == 0 {
			err = p.parse(composed, 1)
		} else {
			err = p.directive(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// literal reads text that stands in the layout itself.
func (p *timeParser) literal(text string) error {
	for _, c := range text {
		if c == ' ' {
			trimmed := strings.TrimLeft(p.rest, " \t\r\n")
			if trimmed == p.rest {
				return errMismatch
			}
			p.rest = trimmed
			continue
		}
		rest, ok := strings.CutPrefix(p.rest, string(c))
		if !ok {
			return errMismatch
		}
		p.rest = rest
	}
	return nil
}

func (p *timeParser) directive(name string) error {
	switch name {
	case "Y":
		return p.number(&p.year, 4, 0, 9999)
	case "m":
		return p.number(&p.month, 2, 1, 12)
	case "d", "e":
		p.rest = strings.TrimPrefix(p.rest, " ") // %e pads with a space
		return p.number(&p.day, 2, 1, 31)
	case "H", "k":
		return p.number(&p.hour, 2, 0, 23)
	case "I", "l":
		p.hour12 = true
		return p.number(&p.hour, 2, 1, 12)
	case "M":
		return p.number(&p.minute, 2, 0, 59)
	case "S":
		return p.number(&p.second, 2, 0, 61)
	case "j":
		return p.number(&p.yearDay, 3, 1, 366)
	case "y":
		return p.shortYear()
	case "f", "_ms":
		return p.fraction()
	case "z", ":z", "Z":
		return p.zone()
	case "p", "P":
		return p.halfDay()
	case "b", "B", "h":
		return p.monthName()
	case "a", "A":
		return p.weekdayName()
	case "%":
		return p.literal("%")
	case "s", "ms", "epoch_microseconds", "s_as_float":
		return p.unix(name)
	}
	return fmt.Errorf("%%%s cannot be read", strings.Clone(name))
}

// number reads up to width digits.
func (p *timeParser) number(n *int, width, low, high int) error {
	size := min(Digits(p.rest), width)
	value, _ := fixed(p.rest[:size])
	if size == 0 || value < low || value > high {
		return errMismatch
	}
	*n, p.rest = value, p.rest[size:]
	return nil
}

// shortYear reads two digits: 69 to 99 are of the 20th century, as POSIX has it.
func (p *timeParser) shortYear() error {
	if err := p.number(&p.year, 2, 0, 99); err != nil {
		return err
	}
	if p.year += 1900; p.year < 1969 {
		p.year += 100
	}
	return nil
}

// fraction reads up to nine digits of a second, where Python stops at six.
func (p *timeParser) fraction() error {
	rest, ok := p.cutFraction("." + p.rest)
	if !ok {
		return errMismatch
	}
	p.rest = rest
	return nil
}

// zone reads UTC, GMT, Z or an offset.
func (p *timeParser) zone() error {
	for _, name := range [...]string{"UTC", "GMT", "Z", "z"} {
		if rest, ok := strings.CutPrefix(p.rest, name); ok {
			p.rest, p.zoned = rest, true
			return nil
		}
	}
	for size := min(6, len(p.rest)); size > 0; size-- {
		if seconds, ok := parseOffset(p.rest[:size]); ok {
			p.offset, p.rest, p.zoned = seconds, p.rest[size:], true
			return nil
		}
	}
	if n := letters(p.rest); n > 0 && n <= 5 {
		return abbreviation{strings.Clone(p.rest[:n])}
	}
	return errMismatch
}

func (p *timeParser) halfDay() error {
	if len(p.rest) < 2 {
		return errMismatch
	}
	half := strings.ToLower(p.rest[:2])
	if half != "am" && half != "pm" {
		return errMismatch
	}
	p.pm, p.rest = half == "pm", p.rest[2:]
	return nil
}

func (p *timeParser) monthName() error {
	for month := time.January; month <= time.December; month++ {
		if p.cutName(month.String()) {
			p.month = int(month)
			return nil
		}
	}
	return errMismatch
}

// weekdayName reads the name of a day, which says nothing that the date does not.
func (p *timeParser) weekdayName() error {
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		if p.cutName(weekday.String()) {
			return nil
		}
	}
	return errMismatch
}

// cutName cuts a name, or its first three letters.
func (p *timeParser) cutName(name string) bool {
	for _, size := range []int{len(name), 3} {
		if len(p.rest) >= size && strings.EqualFold(p.rest[:size], name[:size]) {
			p.rest = p.rest[size:]
			return true
		}
	}
	return false
}

// unix reads a count from 1970.
func (p *timeParser) unix(name string) error {
	size := strings.IndexFunc(p.rest, func(c rune) bool {
		return !strings.ContainsRune("0123456789-+.eE", c)
	})
	if size < 0 {
		size = len(p.rest)
	}
	text := p.rest[:size]
	p.rest = p.rest[size:]
	if name == "s_as_float" {
		return p.unixFloat(text)
	}
	count, err := strconv.ParseInt(strings.Clone(text), 10, 64)
	if err != nil {
		return errMismatch
	}
	var t time.Time
	switch name {
	case "s":
		t = time.Unix(count, 0)
	case "ms":
		t = time.UnixMilli(count)
	default:
		t = time.UnixMicro(count)
	}
	p.epoch = &t
	return nil
}

func (p *timeParser) unixFloat(text string) error {
	seconds, err := strconv.ParseFloat(strings.Clone(text), 64)
	if err != nil {
		return errMismatch
	}
	t, err := fromUnix(seconds)
	p.epoch = &t
	return err
}

func (p *timeParser) result(zone *time.Location, unit time.Duration) (Time, error) {
	if p.epoch != nil {
		return Time{At: p.epoch.UTC(), Unit: unit, Zoned: true}, nil
	}
	if p.hour12 {
		p.hour %= 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.yearDay != 0 {
		first := time.Date(p.year, 1, p.yearDay, 0, 0, 0, 0, time.UTC)
		p.month, p.day = int(first.Month()), first.Day()
	}
	if !p.valid() {
		return Time{}, errNoTime
	}
	return p.time(zone, unit), nil
}
