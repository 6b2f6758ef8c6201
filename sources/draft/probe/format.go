package probe

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/decode"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
)

// format is how the answers of an API are written: JSON, or what a run makes JSON of by
// decode and charset.
type format struct {
	stream sources.Stream // its Text, and the steps of its Records
	first  *Answer        // as it came
	why    string         // what says so
	says   string         // what says the charset
	maybe  string         // the charset, where nothing says it; "": it is known
	doubt  string         // what is not certain of the charset; "": nothing
}

// isJSON reports whether answers are taken as they come.
func (f *format) isJSON() bool { return f.stream.Text.Decode.IsJSON() && f.stream.Text.Charset == "" }

// isDocument reports whether the records lie in a document that has a form: of the others,
// the answer is the list.
func (f *format) isDocument() bool {
	as := f.stream.Text.Decode.Format
	return as == "" || as == sources.FormatJSON || as == sources.FormatXML
}

func (f *format) isXML() bool { return f.stream.Text.Decode.Format == sources.FormatXML }

// isText reports whether the format has no types but text.
func (f *format) isText() bool { return f.isXML() || f.stream.Text.Decode.Format == sources.FormatCSV }

// text makes JSON of an answer, as a run does.
func (f *format) text(a *Answer) ([]byte, decode.Seen, error) {
	text, seen, err := f.decoded(a)
	switch {
	case err == nil && !utf8.Valid(text):
		err = errors.New("the text is not UTF-8, and nothing names its charset")
	case err == nil && !gjson.ValidBytes(trimBOM(text)):
		err = errNoJSON
	}
	return text, seen, err
}

var errNoJSON = errors.New("the answer is no JSON")

// decoded is what an answer comes to, whether that is JSON or not.
func (f *format) decoded(a *Answer) ([]byte, decode.Seen, error) {
	return body.Text(a.Body, body.Under(&f.stream, nil).Answering(a.Status, a.Header), maxAnswer)
}

// read returns an answer with a body of JSON; with one that is no JSON where the answer
// is not what the others are, and without one where it has none.
func (f *format) read(a *Answer) *Answer {
	if f.isJSON() || a.Status >= 300 || len(a.Body) == 0 {
		return a
	}
	text, _, err := f.text(a)
	if err != nil {
		text = []byte("!") // no JSON
	}
	return &Answer{a.Status, a.Header, text}
}

// formatOf finds out how an answer is written, and in which charset: UTF-8 where it can be
// that, for a header may be wrong.
func formatOf(a *Answer) (*format, error) {
	kind := a.Header.Get("Content-Type")
	if wide := detect.What(&detect.Seen{ContentType: kind, Begins: a.Body}).Charset; wide != "" {
		return formatIn(a, wide, "its first bytes are UTF-16")
	}
	named := charsetOf(kind)
	f, text, err := formatAsIs(a)
	switch {
	case named == "" && err != nil && f.stream.Text.Decode.IsJSON():
		f.maybe = "windows-1252"
		f.doubt = "the answer is JSON, but not UTF-8, and Content-Type names no charset"
		return f, nil
	case named == "", err == nil && f.isDocument():
		f.doubts(named, text)
		return f, err
	case err == nil && !isASCII(text):
		f.doubts(named, text)
		return f, nil
	}
	if other, otherErr := formatIn(a, named, "Content-Type says so"); otherErr == nil {
		return other, nil
	}
	return f, err
}

// charsetOf is the charset that a Content-Type names, where it is another than UTF-8.
func charsetOf(kind string) string {
	_, params, _ := mime.ParseMediaType(kind)
	name := strings.ToLower(params["charset"])
	if slices.Contains([]string{"utf-8", "utf8", "us-ascii", "ascii"}, name) {
		return ""
	}
	return name
}

// doubts says of an answer in UTF-8 that its header names another charset. A document of XML
// may say itself what it is written in.
func (f *format) doubts(named string, text []byte) {
	if named != "" && !f.isXML() && !isASCII(text) {
		f.doubt = "Content-Type names " + named + ", but the answer is UTF-8, and is read so"
	}
}

func isASCII(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf })
}

// formatAsIs finds out how an answer is written whose charset needs no word.
func formatAsIs(a *Answer) (f *format, text []byte, err error) {
	f = new(format)
	if detect.Named(a.Header.Get("Content-Type")) == sources.FormatJSONL || !gjson.ValidBytes(trimBOM(a.Body)) {
		f.stream.Text.Decode.Format = sources.FormatAuto
	}
	text, seen, err := f.text(a)
	if err == nil && seen.As != nil {
		f.stream.Text.Decode = *seen.As
		_, f.why, _ = strings.Cut(seen.Took, ": ")
	}
	return f, text, err
}

// formatIn finds out how an answer is written in a charset.
func formatIn(a *Answer, charset, says string) (*format, error) {
	f := &format{says: says}
	f.stream.Text.Charset = charset
	text, _, err := f.decoded(a)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(trimBOM(text), []byte("<")) { // XML mostly says itself in which characters it is
		own := &format{why: "it begins with <"}
		own.stream.Text.Decode.Format = sources.FormatXML
		if _, _, err := own.text(a); err == nil {
			return own, nil
		}
		text = slices.Concat([]byte("\ufeff"), trimBOM(text)) // whatever the declaration says
	}
	as, _, err := formatAsIs(&Answer{a.Status, a.Header, text})
	if err != nil {
		return nil, err
	}
	f.stream.Text.Decode, f.why = as.stream.Text.Decode, as.why
	_, _, err = f.text(a)
	return f, err
}

// errPage is an answer that is a page of HTML.
func errPage(a *Answer) error {
	return &StatusError{a.Status, "a page of HTML, and no data, as logins are; check that the address is the API's, and that the request says who asks"}
}

// findFormat finds out how the answers are written, and makes JSON of the first. It is false
// where nothing is known to read it.
func findFormat(l *look) (bool, error) {
	raw := l.first
	if (&detect.Seen{ContentType: raw.Header.Get("Content-Type"), Begins: raw.Body}).IsPage() {
		return false, errPage(raw)
	}
	var err error
	if l.format, err = formatOf(raw); err != nil {
		if strings.HasPrefix(raw.Header.Get("Content-Type"), "text/html") {
			return false, errPage(raw)
		}
		why := whyUnread(raw, err)
		l.found.Records = append(l.found.Records, draft.Entry{Key: "decode", Value: "auto", Note: "the answer could not be read: " + why})
		l.found.Guesses = append(l.found.Guesses, "what the answer is: its records, key and paging were not looked for ("+why+")")
		return false, nil
	}
	l.format.first, l.first = raw, l.format.read(raw)
	l.found.Records = append(l.found.Records, l.format.entries()...)
	if l.format.doubt != "" {
		l.found.Guesses = append(l.found.Guesses, "charset: "+l.format.doubt)
	}
	return true, nil
}

// whyUnread says why an answer could not be read; where it is called JSON and is none, or is
// empty, as a run does.
func whyUnread(a *Answer, err error) string {
	isEmpty := len(bytes.TrimSpace(trimBOM(a.Body))) == 0
	if !isEmpty && !errors.Is(err, errNoJSON) {
		return err.Error()
	}
	if word, has := body.BareNaN(a.Body); has {
		return "the answer is no JSON, since it has " + word + " for a number: write nan: null, and it is read as null"
	}
	what, tip := advice.Kind(a.Body, a.Header, func(text string) string { return strings.Join(strings.Fields(text), " ") })
	if what == "" {
		return "the answer is no whole JSON text"
	}
	return "the answer is " + what + ": " + tip
}

// doubtRows says what is not certain of an answer that was taken for CSV.
func doubtRows(l *look) {
	if l.format.stream.Text.Decode.Format != sources.FormatCSV {
		return
	}
	if len(l.page) == 0 {
		if detect.Named(l.format.first.Header.Get("Content-Type")) != sources.FormatCSV {
			l.found.Guesses = append(l.found.Guesses, "decode: the text is taken for CSV by its first line alone, and may be none: "+beginning(l.format.first.Body))
		}
		return
	}
	gjson.Parse(l.page[0]).ForEach(func(name, _ gjson.Result) bool {
		_, _, isTime := timeOf(name)
		if isWhole(name.Str) || isTime {
			l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("decode: the first row is taken for the names of the columns, and %s in it looks like a value: where no row names them, write decode: {format: csv, header: [id, …]}", name.Str))
			return false
		}
		return true
	})
}

// readRecordsAt reads answers anew whose records lie at a path: one that stands alone there
// is a list from now on.
func readRecordsAt(l *look, path string) {
	if l.format.isXML() && l.list.form != single {
		l.format.stream.Records.Steps = []string{path}
		l.first = l.format.read(l.format.first)
	}
}

// entries are the keys of a stream that say how its answers are written.
func (f *format) entries() (all []draft.Entry) {
	if d := &f.stream.Text.Decode; !d.IsJSON() {
		all = append(all, f.decodeEntry(d))
	}
	switch name := f.stream.Text.Charset; {
	case name != "":
		all = append(all, draft.Entry{Key: "charset", Value: name, Note: f.says})
	case f.maybe != "":
		all = append(all, draft.Entry{Key: "charset", Value: f.maybe, Open: true, Note: f.doubt + ". Is it this one?"})
	}
	return all
}

func (f *format) decodeEntry(d *sources.Decode) draft.Entry {
	how := new(draft.Map).Set("format", string(d.Format), "")
	if d.CSV.Delimiter != 0 && d.CSV.Delimiter != ',' {
		how.Set("delimiter", string(d.CSV.Delimiter), "")
	}
	if len(d.Unpack) > 0 {
		var layers []any
		for _, one := range d.Unpack {
			layers = append(layers, one.Kind)
		}
		how.Set("unpack", layers, "")
	}
	entry := draft.Entry{Key: "decode", Value: how, Note: f.why}
	if len(how.Entries) == 1 {
		entry.Value = string(d.Format)
	}
	return entry
}

// onceOrMore names the fields that are lists in some records alone, as in XML elements are
// that come more than once.
func (f *format) onceOrMore(records []string) (names []string) {
	if !f.isXML() {
		return nil
	}
	for _, one := range fieldsOf(records) {
		isList := func(v gjson.Result) bool { return v.IsArray() }
		if slices.ContainsFunc(one.values, isList) && slices.ContainsFunc(one.values, func(v gjson.Result) bool { return !isList(v) && v.Type != gjson.Null }) {
			names = append(names, one.name)
		}
	}
	return names
}

// listsOf returns where the records of the first answer may be, the likeliest first.
func listsOf(l *look) []list {
	all := lists(trimBOM(l.first.Body), l.Name)
	if l.format.isXML() && (len(all) == 0 || all[0].form != array) {
		return inXML(gjson.ParseBytes(l.first.Body), l.Name)
	}
	return all
}

// inXML returns the places of a document in which no element comes twice beside another of
// its name: one record of a list, or the root as one record.
func inXML(document gjson.Result, word string) (all []list) {
	document.ForEach(func(name, root gjson.Result) bool {
		one := list{path: gjson.Escape(name.Str), form: single, items: []gjson.Result{root}, reason: "the answer is one element"}
		elements := 0
		root.ForEach(func(k, v gjson.Result) bool {
			if !strings.HasPrefix(k.Str, "@") && k.Str != "#text" {
				elements++
			}
			if !v.IsObject() {
				return true
			}
			l := list{path: one.path + "." + gjson.Escape(k.Str), form: array, items: []gjson.Result{v}}
			l.judge(word)
			l.reason = "an element that came once"
			l.beside = true // it may be no list
			if isPlural(name.Str, k.Str) || isPlural(word, k.Str) {
				l.score += 5
			}
			all = append(all, l)
			return len(all) < 20
		})
		if elements > 0 {
			all = append(all, one)
		}
		return false
	})
	slices.SortStableFunc(all, func(a, b list) int { return b.score - a.score })
	return all
}

// isPlural reports whether a word may mean several of what another one is.
func isPlural(many, one string) bool {
	many, one = plainName(many), plainName(one)
	return many == one+"s" || many == one+"es" || many == one+"list" || many == strings.TrimSuffix(one, "y")+"ies" || strings.HasSuffix(many, one+"s")
}
