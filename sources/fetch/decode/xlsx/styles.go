//go:build !small

package xlsx

import (
	"strconv"
	"strings"
)

// format is what a number with a style is.
type format uint8

const (
	isNumber   format = 0
	hasDate    format = 1 << 0
	hasTime    format = 1 << 1
	isDuration format = 1 << 2
)

// readStyles reads what the numbers of each style are.
func (w *workbook) readStyles(part string) error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.unmarshal(part, &styles); err != nil {
		return err
	}
	own := map[int]format{}
	for _, f := range styles.Formats {
		own[f.ID] = formatOf(f.Code)
	}
	for _, c := range styles.Cells {
		f, ok := own[c.Format]
		if !ok {
			f = builtIn(c.Format)
		}
		w.formats = append(w.formats, f)
	}
	return nil
}

// builtIn is a format that has a number alone (ECMA-376, part 1, 18.8.30), those of East
// Asian languages included.
func builtIn(id int) format {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return hasDate
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id >= 55 && id <= 56:
		return hasTime
	case id == 22:
		return hasDate | hasTime
	case id == 46:
		return isDuration
	}
	return isNumber
}

// formatOf is what a code of a format makes of numbers; the first of its sections says so.
func formatOf(code string) (f format) {
	minutes := false
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == ';':
			return f.with(minutes)
		case code[i] == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return f.with(minutes)
			}
			i += 1 + end
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return f.with(minutes)
			}
			if elapsed(code[i+1 : i+end]) {
				return isDuration
			}
			i += end
		case strings.HasPrefix(strings.ToLower(code[i:]), "general"):
			i += len("general") - 1
		case c == 'a' && (strings.HasPrefix(strings.ToLower(code[i:]), "am/pm") || strings.HasPrefix(strings.ToLower(code[i:]), "a/p")):
			f |= hasTime
			i += strings.IndexByte(code[i:], '/') + 1
		case c == 'y' || c == 'd':
			f |= hasDate
		case c == 'h' || c == 's':
			f |= hasTime
		case c == 'm':
			minutes = true
		case c == 'e' && (i+1 == len(code) || code[i+1] != '+' && code[i+1] != '-'):
			f |= hasDate // a year
		}
	}
	return f.with(minutes)
}

// with is a format that has m besides: minutes where it has times and no dates, months
// else; with both, there may be either.
func (f format) with(m bool) format {
	if m && f == 0 {
		return hasDate
	}
	return f
}

// elapsed reports whether what stands in brackets is a count of hours, minutes or seconds.
func elapsed(text string) bool {
	text = strings.ToLower(text)
	return text != "" && (strings.Trim(text, "h") == "" || strings.Trim(text, "m") == "" || strings.Trim(text, "s") == "")
}

// styleOf is the format of a cell whose attribute s is text.
func (w *workbook) styleOf(text []byte) format {
	if len(text) == 0 || len(w.formats) == 0 {
		return isNumber
	}
	i, err := strconv.Atoi(string(text))
	if err != nil || i < 0 || i >= len(w.formats) {
		return isNumber
	}
	return w.formats[i]
}
