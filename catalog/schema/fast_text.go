package schema

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"
)

// textCheck is what a schema asks of strings.
type textCheck struct {
	least   int // characters
	most    int // -1: no limit
	pattern *regexp.Regexp
	format  string                 // as the judge knows it; "": none
	looks   func(text []byte) bool // an easy sign that it is of the format; nil: there is none
}

// textFits says whether a proven string, given without its quotes, fits.
func (f *fastRun) textFits(t *textCheck, raw []byte) verdict {
	text := f.unescape(raw)
	if len(text)/utf8.UTFMax < t.least || t.most >= 0 && len(text) > t.most {
		if n := utf8.RuneCount(text); n < t.least || t.most >= 0 && n > t.most {
			return breaks
		}
	}
	if t.pattern != nil && !t.pattern.Match(text) {
		return breaks
	}
	if t.format == "" || t.looks != nil && t.looks(text) {
		return fits
	}
	if !gojsonschema.FormatCheckers.IsFormat(t.format, string(text)) {
		return breaks
	}
	return fits
}

// unescape returns a proven string, given without its quotes, as encoding/json
// (and so the judge) reads it. What it returns is good until the next call.
func (f *fastRun) unescape(raw []byte) []byte {
	i := bytes.IndexByte(raw, '\\')
	if i < 0 {
		return raw
	}
	text := f.scratch[:0]
	for i >= 0 {
		text = append(text, raw[:i]...)
		var r rune
		r, raw = pageUnescape(raw[i:])
		text = utf8.AppendRune(text, r)
		i = bytes.IndexByte(raw, '\\')
	}
	f.scratch = append(text, raw...)
	return f.scratch
}
