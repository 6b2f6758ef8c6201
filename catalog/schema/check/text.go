package check

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// textCheck is what a schema asks of strings.
type textCheck struct {
	least   int // characters
	most    int // -1: no limit
	pattern *regexp.Regexp
	format  string                 // as the judge knows it; "": none
	instant bool                   // a date-time is all that is asked for
	looks   func(text []byte) bool // an easy sign that it is of the format; nil: there is none
}

// texts reads the strings of a run.
type texts struct {
	scratch []byte // of a string without its escapes
}

// checkText is checkPlain for a string.
func (f *Run) checkText(c *check, i int) (int, verdict) {
	p := f.proof
	if c.text != nil && c.text.instant && c.kinds&kinds.String != 0 {
		if end := formats.AfterInstant(p.Text, i+1); end > 0 && end < len(p.Text) && p.Text[end] == '"' {
			return end + 1, fits
		}
	}
	end := scan.String(p.Text, i+1)
	switch {
	case end < 0:
		return p.NotString(^end), unsure
	case c.kinds&kinds.String == 0:
		return end, breaks
	case c.text == nil:
		return end, fits
	}
	return end, f.texts.fit(c.text, p.Text[i+1:end-1])
}

// fit says whether a proven string, given without its quotes, fits.
func (x *texts) fit(t *textCheck, inner []byte) verdict {
	text := x.unescape(inner)
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
func (x *texts) unescape(inner []byte) []byte {
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	x.scratch = raw.AppendUnescaped(x.scratch[:0], inner)
	return x.scratch
}
