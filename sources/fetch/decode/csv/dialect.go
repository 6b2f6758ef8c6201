package csv

import (
	"fmt"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
)

// dialect is what stands between and around the fields of a file.
type dialect struct {
	delimiter, quote, comment string // quote, comment: "" where there is none
	// The first bytes of delimiter and quote, eight times.
	delimiters, quotes uint64
	wary               bool // quotes are to be looked for within fields without quotes: they stop no copyText
	simple             bool // the delimiter is a single byte, and no quote but a double one has a meaning
	comma              byte // the delimiter; 0x80, which stops no copyText, where it is not a single byte
	opening            byte // with which quoted fields begin; a line feed where there are none
	loose              bool // a quote within a field that begins with none is text
	short              bool // rows may end before the last column
}

// Check says what is wrong with the options of files, before any is opened.
func Check(o *sources.CSV) error {
	_, err := newDialect(*o)
	return err
}

func newDialect(o sources.CSV) (dialect, error) {
	d := dialect{delimiter: ",", quote: `"`, short: o.ShortRows, loose: o.LooseQuotes}
	if o.Delimiter != 0 {
		d.delimiter = string(o.Delimiter)
	}
	if o.Quote != 0 {
		d.quote = string(o.Quote)
	}
	if o.Unquoted {
		d.quote = ""
	}
	if o.Comment != 0 {
		d.comment = string(o.Comment)
	}
	d.delimiters = spread(d.delimiter[0])
	d.comma, d.opening = 0x80, '\n'
	if len(d.delimiter) == 1 {
		d.comma = d.delimiter[0]
	}
	if d.quote != "" {
		d.opening = d.quote[0]
		d.quotes = spread(d.opening)
	}
	d.wary = d.quote != "" && d.quote != `"` && !d.loose
	d.simple = len(d.delimiter) == 1 && (d.quote == "" || d.quote == `"`)
	return d, d.check(o)
}

// check refuses marks that mean two things.
func (d dialect) check(o sources.CSV) error {
	for _, c := range []struct {
		name string
		mark rune
	}{{"delimiter", o.Delimiter}, {"quote", o.Quote}, {"comment", o.Comment}} {
		if c.mark == '\r' || c.mark == '\n' || c.mark == utf8.RuneError || c.mark != 0 && !utf8.ValidRune(c.mark) {
			return fmt.Errorf("%s: %q cannot be one: write a character that is no line end", c.name, c.mark)
		}
	}
	for _, c := range [][4]string{{"delimiter", d.delimiter, "quote", d.quote}, {"delimiter", d.delimiter, "comment", d.comment}, {"quote", d.quote, "comment", d.comment}} {
		if c[1] == c[3] && c[1] != "" {
			return fmt.Errorf("%s and %s are both %q: write two characters", c[0], c[2], c[1])
		}
	}
	return nil
}
