package definition

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// kind is what a key wants: how messages and FORMAT.md call it, how it is read, and
// the JSON Schema of what is taken. Read returns nil after it reported a problem. The
// schema may take more than read does, and never less: see [JSONSchema].
type kind struct {
	wants  string
	read   func(r *reader, n *document.Node, k key) any
	schema string
}

// Schemas that several kinds have.
const (
	stringSchema = `{"type": "string"}`
	textSchema   = `{"type": ["string", "number"]}` // numbers are their text
	scalarSchema = `{"type": ["string", "number", "boolean"]}`
	oneOrList    = `{"type": ["string", "number", "array"]}`
)

// settingsSchema helps with what settings mostly have. That they are a JSON Schema is not
// said by a reference to the one of JSON Schemas: an editor would have to load it.
const settingsSchema = `{"type": "object", "properties": {
	"required": {"description": "Names of the settings that must be given."},
	"properties": {"description": "The settings by their names.", "additionalProperties": {"properties": {
		"type": {"description": "string, integer, number, boolean, array or object."},
		"secret": {"description": "True: the setting is shown nowhere, and masked in everything that is written."},
		"title": {"description": "What people are asked for."},
		"description": {"description": "What it is, for people."},
		"default": {"description": "What holds where it is not given."},
		"format": {"description": "Of text: uri, date, date-time or email."},
		"enum": {"description": "The values that it may have."},
		"examples": {"description": "Some values, for people."},
		"pattern": {"description": "Of text: a regular expression that matches it."}
	}}}
}}`

// The kinds. In brackets what read returns.
var (
	aText       = &kind{"text", readText, textSchema}                                                                                                                    // string
	aBool       = &kind{"true or false", readBool, `{"type": "boolean"}`}                                                                                                // bool
	aCount      = &kind{"a whole number", readCount, `{"type": "integer"}`}                                                                                              // int64
	aDuration   = &kind{"a duration, as 90s or 3d", readDuration, `{"type": ["string", "integer"], "maximum": 0}`}                                                       // time.Duration
	aPeriod     = &kind{"a duration, as 3d or 1mo", readPeriod, `{"type": ["string", "integer"], "maximum": 0}`}                                                         // times.Span
	aWait       = &kind{"a duration above 0, as 90s or 3d", readWait, stringSchema}                                                                                      // time.Duration
	aSpan       = &kind{"a duration, as 90s or 3d, or a number of seconds", readSpan, textSchema}                                                                        // time.Duration
	aShare      = &kind{"a percentage, as 20%, or a whole number", parsed(sources.ParseShare, document.Number, document.Text), textSchema}                               // sources.Share
	aCost       = &kind{"a number from 0 on, or a template", readCost, textSchema}                                                                                       // *expr.Template
	anAmount    = &kind{"a number from 0 on", readAmount, `{"type": "number"}`}                                                                                          // sources.Cost
	aSize       = &kind{"a size, as 1MB or 8MiB, or a number of bytes", readSize, textSchema}                                                                            // int64
	aZone       = &kind{"a time zone, as Europe/Berlin", readZone, stringSchema}                                                                                         // *time.Location
	aFormat     = &kind{"rfc3339, date, epoch, epoch_ms, integer or strftime text", readFormat, `{"anyOf": [{"enum": "@formats"}, {"type": "string", "pattern": "%"}]}`} // string
	aStrftime   = &kind{"strftime text, as \"%Y%m%d\"", readStrftime, `{"type": "string", "pattern": "%"}`}                                                              // string
	aCharset    = &kind{"a character encoding, as iso-8859-1", readCharset, stringSchema}                                                                                // string
	aChoice     = &kind{"one of its values", readChoice, `{"enum": "@enum"}`}                                                                                            // string
	aTemplate   = &kind{"text or a template", readTemplate, scalarSchema}                                                                                                // *expr.Template
	aCondition  = &kind{"a template, as \"{{ response.done }}\"", readCondition, stringSchema}                                                                           // *expr.Template
	aTree       = &kind{"any value", readAnyTree, `{}`}                                                                                                                  // Tree
	aListOf     = &kind{"a list, or a template of one", readAnyTree, `{}`}                                                                                               // Tree
	params      = &kind{"a map of names to values", readParams, `{"type": "object"}`}                                                                                    // children: Tree
	aPath       = &kind{"a path, as meta.next", readPath, textSchema}                                                                                                    // string
	aRef        = &kind{"a path, header:Name or a template", readRef, textSchema}                                                                                        // Ref
	someRefs    = &kind{"a path, header:Name or a template", readRefs, `{"type": ["string", "number", "object"]}`}                                                       // Ref, or children: Ref
	steps       = &kind{"a path or a list of paths", readSteps, oneOrList}                                                                                               // []string
	columns     = &kind{"a list of names, or the path to them", readColumns, oneOrList}                                                                                  // []string or string
	pathMap     = &kind{"a map of names to paths", readPathMap, `{"type": "object", "minProperties": 1}`}                                                                // children: Tree
	aNameList   = &kind{"a list of names, as [id]", readNames, `{"type": "array", "items": {"type": ["string", "number", "boolean"]}}`}                                  // []string
	aStatus     = &kind{"a status, as 409, 5xx or timeout, or a list of them", readStatus, oneOrList}                                                                    // []StatusRange
	aMap        = &kind{"a map", (*reader).object, `{"$ref": "@of"}`}                                                                                                    // true
	manyMaps    = &kind{"a list of maps", (*reader).objects, `{"type": "array", "items": {"$ref": "@of"}}`}                                                              // true
	oneOrMany   = &kind{"a map or a list of maps", (*reader).objectOrObjects, `{"anyOf": [{"$ref": "@of"}, {"type": "array", "items": {"$ref": "@of"}}]}`}               // true
	aStreamList = &kind{"a list of streams", (*reader).objects, `{"type": "array", "items": {"$ref": "@of"}}`}                                                           // true
	aSchema     = &kind{"a JSON Schema, or the name of its file", readSchema, `{"type": ["object", "string"]}`}                                                          // schemaText
	aSettings   = &kind{"a JSON Schema", readSettings, settingsSchema}                                                                                                   // *Settings
)

// wants reports a node that is not of its kind.
func (r *reader) wants(n *document.Node, k key) any {
	got := n.Shape.String()
	if n.Scalar() {
		got = strconv.Quote(document.Clip(n.Text))
	}
	r.Problem(n, "wants %s, not %s", k.kind.wants, got)
	return nil
}

func readText(r *reader, n *document.Node, k key) any {
	switch {
	case n.Shape == document.Number:
		return n.Text
	case n.Shape != document.Text:
		return r.wants(n, k)
	case n.Text == "":
		r.Problem(n, "is empty")
		return nil
	case expr.IsTemplate(n.Text):
		r.Problem(n, "wants plain text; there is no template here")
		return nil
	}
	return n.Text
}

func readBool(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Bool {
		return n.Text == "true"
	}
	switch strings.ToLower(n.Text) {
	case "yes", "on", "y", "no", "off", "n":
		r.Problem(n, "wants true or false; %s is text", n.Text)
		return nil
	}
	return r.wants(n, k)
}

func readCount(r *reader, n *document.Node, k key) any { return readInteger(r, n, k, 1<<53) }

// readInteger reads a whole number from k.min to most.
func readInteger(r *reader, n *document.Node, k key, most int64) any {
	if n.Shape != document.Number {
		return r.wants(n, k)
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	switch {
	case err != nil || v > most:
		return r.wants(n, k)
	case v < k.min:
		r.Problem(n, "wants at least %d, not %d", k.min, v)
		return nil
	}
	return v
}

// readPeriod reads a duration that may have months and years.
func readPeriod(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Number && n.Text != "0" {
		r.Problem(n, "wants %s; %s has no unit", k.kind.wants, document.Clip(n.Text))
		return nil
	}
	if n.Shape == document.Number {
		return times.Span{}
	}
	if n.Shape != document.Text {
		return r.wants(n, k)
	}
	span, err := times.ParseSpan(n.Text)
	if err != nil {
		return r.wants(n, k)
	}
	if span.Months < 0 || span.Nanos < 0 {
		r.Problem(n, "is negative")
		return nil
	}
	return span
}

// readDuration reads a duration that is always the same.
func readDuration(r *reader, n *document.Node, k key) any {
	span, ok := readPeriod(r, n, k).(times.Span)
	if !ok {
		return nil
	}
	if span.Months != 0 {
		r.Problem(n, "wants %s: %q has months or years, which have no fixed length", k.kind.wants, document.Clip(n.Text))
		return nil
	}
	return span.Nanos
}

func readWait(r *reader, n *document.Node, k key) any {
	d, ok := readDuration(r, n, k).(time.Duration)
	if ok && d == 0 {
		return r.wants(n, k)
	}
	if !ok {
		return nil
	}
	return d
}

// readSpan reads a duration that may be a number of seconds: JSON configs often
// have those.
func readSpan(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Number {
		return readDuration(r, n, k)
	}
	seconds, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || seconds < 0 || seconds > math.MaxInt64/float64(time.Second)/2 {
		return r.wants(n, k)
	}
	return time.Duration(seconds * float64(time.Second))
}

// sizeUnits are the units of sizes; the longer ones first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1},
}

func readSize(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Number {
		return readInteger(r, n, k, math.MaxInt64)
	}
	if n.Shape != document.Text {
		return r.wants(n, k)
	}
	size, ok := parseSize(n.Text)
	if !ok || size < k.min {
		return r.wants(n, k)
	}
	return size
}

// parseSize reads a size, as "1MB" or "8 MiB".
func parseSize(text string) (int64, bool) {
	digits := strings.ToLower(strings.TrimSpace(text))
	unit := int64(1)
	for _, u := range sizeUnits {
		if rest, found := strings.CutSuffix(digits, u.name); found {
			digits, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(v >= 0) || v*float64(unit) > 1<<60 {
		return 0, false
	}
	return int64(v * float64(unit)), true
}

func readZone(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text {
		return r.wants(n, k)
	}
	zone, err := times.Zone(n.Text)
	if err != nil {
		return r.wants(n, k)
	}
	return zone
}

// formats are the formats of windows that have names.
var formats = []string{"rfc3339", "date", "epoch", "epoch_ms", "integer"}

func readFormat(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text {
		return r.wants(n, k)
	}
	for _, f := range formats {
		if n.Text == f {
			return f
		}
	}
	if !strings.Contains(n.Text, "%") {
		r.Problem(n, "%s", r.Unknown("format", n.Text, append(formats, `strftime text, as "%Y-%m"`)))
		return nil
	}
	return n.Text
}

func readStrftime(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text || !strings.Contains(n.Text, "%") {
		return r.wants(n, k)
	}
	return n.Text
}

// readCharset reads the name of an encoding, by any of the names that browsers know.
func readCharset(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text {
		return r.wants(n, k)
	}
	encoding, err := htmlindex.Get(n.Text)
	if err != nil {
		r.Problem(n, "no character encoding is called %q; known are utf-8, utf-16le, utf-16be, iso-8859-1, windows-1252, shift_jis, gb18030, big5, euc-kr and others", document.Clip(n.Text))
		return nil
	}
	name, err := htmlindex.Name(encoding)
	if err != nil || name == "utf-8" || name == "replacement" {
		return ""
	}
	return name
}

func readChoice(r *reader, n *document.Node, k key) any {
	if !n.Scalar() {
		return r.wants(n, k)
	}
	for _, e := range k.enum {
		if n.Text == e {
			return e
		}
	}
	r.Problem(n, "%s", r.Unknown("value", n.Text, k.enum))
	return nil
}

// readNames reads a list of different names.
func readNames(r *reader, n *document.Node, k key) any {
	if n.Shape != document.List {
		return r.wants(n, k)
	}
	list := make([]string, 0, len(n.Items))
	seen := make(map[string]bool, len(n.Items))
	for _, item := range n.Items {
		switch {
		case !item.Scalar() || item.Text == "":
			return r.wants(n, k)
		case expr.IsTemplate(item.Text):
			r.Problem(item, "wants plain text; there is no template here")
		case seen[item.Text]:
			r.Problem(item, "%q stands here twice", document.Clip(item.Text))
		}
		seen[item.Text] = true
		list = append(list, item.Text)
	}
	return list
}

// readSomeNames is readNames for a list that must not be empty.
func readSomeNames(r *reader, n *document.Node, k key) any {
	switch list, ok := readNames(r, n, k).([]string); {
	case !ok:
		return nil
	case len(list) == 0:
		return r.wants(n, k)
	default:
		return list
	}
}

// parsed reads a value of these shapes by what parses its text.
func parsed[T any](parse func(text string) (T, bool), shapes ...document.Shape) func(*reader, *document.Node, key) any {
	return func(r *reader, n *document.Node, k key) any {
		if v, ok := parse(n.Text); ok && slices.Contains(shapes, n.Shape) {
			return v
		}
		return r.wants(n, k)
	}
}
