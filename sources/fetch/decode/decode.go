package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// Answer is what is known of an answer besides its body.
type Answer struct {
	Options file.Options
	Steps   []string // of the stream's records
	// Charset makes UTF-8 of a text; nil: it is UTF-8.
	Charset func(io.Reader) io.Reader
	Header  http.Header      // of the answer
	Took    func(why string) // told what an answer is taken for by format auto; nil: nobody asks
	Seen    *Seen            // what is seen goes there; nil: nobody asks
}

// Seen is what reading an answer shows of it.
type Seen struct {
	Took   string          // what was found out of it by itself, and why; "": nothing
	As     *sources.Decode // what format auto takes it for; nil: the definition says what it is
	Schema json.RawMessage // of a record, JSON Schema, as the first file says it; nil: it does not
	// Remarks are what files say against the definition that were read to their ends.
	Remarks file.Remarks
	// Trailer is the last object of lines that is no record like the others; nil: there
	// is none.
	Trailer []byte
}

// Open begins to read a body as JSON text. The reader is to be closed.
func Open(in file.File, a *Answer) (io.ReadCloser, error) {
	files, a, err := a.files(in)
	if err != nil {
		return nil, err
	}
	if d, ok := documents[a.Options.Format]; ok {
		return &documentText{files: files, open: d, answer: a, several: Archived(a.Options.Decode)}, nil
	}
	r, err := newChain(files, a)
	if err != nil {
		return nil, err
	}
	return &recordText{records: r}, nil
}

// files are those of a body, and what is known of them.
func (a *Answer) files(in file.File) (unpack.Files, *Answer, error) {
	if a.Options.Format == sources.FormatAuto {
		return a.detect(in)
	}
	files, err := a.unpack(in)
	return files, a, err
}

// text is a file whose text is UTF-8.
func (a *Answer) text(in file.File) file.File {
	if a.Charset == nil {
		return in
	}
	return &textFile{a.Charset(in), in}
}

// textFile is a file whose text was in another charset.
type textFile struct {
	io.Reader
	file.File
}

func (t *textFile) Read(p []byte) (int, error) { return t.Reader.Read(p) }

// elements are the names of elements that lead to the records of an XML document.
func (a *Answer) elements() []string {
	steps := a.Steps
	if Archived(a.Options.Decode) && len(steps) > 0 && steps[0] == "@this" {
		steps = steps[1:]
	}
	if len(steps) != 1 || strings.ContainsAny(steps[0], "#*?|@{}[]") { // it asks more than names can say
		return nil
	}
	return sources.SplitPath(steps[0])
}

// Archived reports whether an answer may hold several files.
func Archived(d *sources.Decode) bool {
	for _, p := range d.Unpack {
		if p.Kind == "zip" || p.Kind == "tar" {
			return true
		}
	}
	return false
}

// chain are the records of the files of a body, one file after the other.
type chain struct {
	files  unpack.Files
	open   opener
	answer *Answer
	now    file.Records // of the file at hand; nil: the next one is to be opened
	member string       // its name in an archive
	begins *detect.Seen // with what it begins; nil: a record was read of it

	unproven bool // its records are
}

func newChain(files unpack.Files, a *Answer) (*chain, error) {
	f, err := formatOf(a.Options.Format)
	if err != nil {
		files.Close()
		return nil, err
	}
	return &chain{files: files, open: f.open, answer: a}, nil
}

// next opens the next file; io.EOF behind the last.
func (c *chain) next() error {
	in, name, err := c.files.Next()
	if err != nil {
		return err
	}
	c.member = name
	if in, c.begins, err = c.answer.look(in); err != nil {
		return c.named(err)
	}
	if c.now, err = c.open(in, &c.answer.Options); err != nil {
		return c.named(err)
	}
	c.answer.see(c.now)
	_, c.unproven = c.now.(file.Unproven)
	return nil
}

// see takes note of the schema that a file says itself, where the definition has none
// and the records of the file are those of the stream.
func (a *Answer) see(r file.Records) {
	if a.Seen == nil || a.Seen.Schema != nil || a.Options.Schema != nil || !slices.Equal(a.Steps, []string{"@this"}) {
		return
	}
	if s, ok := r.(file.Schemed); ok {
		a.Seen.Schema = s.Schema()
	}
}

// hear takes note of what a file says that was read to its end.
func (a *Answer) hear(read any) {
	if r, ok := read.(file.Remarker); ok && a.Seen != nil {
		a.Seen.Remarks.Add(r.Remarks()...)
	}
	if t, ok := read.(file.Trailed); ok && a.Seen != nil {
		if last := t.Trailer(); last != nil {
			a.Seen.Trailer = last
		}
	}
}

// enough is how many bytes show what a file is.
const enough = 4 << 10

// look shows with what a file begins, as text in UTF-8 where it is text, and returns the
// file to be read. Nearly every text would pass for rows: one that is certainly something
// else is an error.
func (a *Answer) look(in file.File) (file.File, *detect.Seen, error) {
	seen := &detect.Seen{ContentType: a.Header.Get("Content-Type")}
	p, ok := in.(peeker)
	if !ok {
		p = sourceOf(in)
	}
	var err error
	seen.Begins, err = p.Peek(enough)
	if thing := detect.What(seen); err == nil && a.Charset != nil && (!thing.Certain || thing.Charset != "") {
		p = sourceOf(a.text(p))
		seen.Begins, err = p.Peek(enough)
	}
	if err == nil && a.Options.Format == sources.FormatCSV {
		if what := detect.NoCSV(seen); what != "" {
			err = &file.Error{Format: sources.FormatCSV, Offset: -1, Err: errors.New(what)}
		}
	}
	return p, seen, err
}

// peeker is a file that shows with what it begins before it is read.
type peeker interface {
	file.File
	Peek(n int) ([]byte, error)
}

// named says in which member of an archive an error is, and of a file that is wrong from
// its beginning what it is.
func (c *chain) named(err error) error {
	bad, ok := errors.AsType[*file.Error](err)
	if !ok {
		return err
	}
	if o, ok := c.files.(*outermost); ok && o.seen != nil {
		_ = o.named(bad)
	}
	if c.begins != nil {
		bad.Err = is(bad, c.begins, c.member)
		c.begins = nil
	}
	if c.member != "" && bad.Member == "" {
		bad.Member = c.member
	}
	return err
}

// is says in an error what a file is, unless it is what was expected.
func is(bad *file.Error, seen *detect.Seen, member string) error {
	if cut, ok := errors.AsType[file.Cut](bad.Err); ok && cut.Unpacked != 0 { // it is what was expected, as far as it goes
		return bad.Err
	}
	said, what := bad.Err.Error(), detect.What(seen)
	switch text := what.String(); {
	case strings.HasPrefix(member, "_rels/"), strings.HasPrefix(member, "xl/"), member == "[Content_Types].xml":
		return fmt.Errorf("%w: the archive is a workbook: write decode: xlsx, and leave zip out of unpack", bad.Err)
	case text == "", strings.Contains(said, text), !seen.Explains(what, bad.Format), strings.HasSuffix(what.Write, "["+string(bad.Format)+"]"):
		return bad.Err
	default:
		return fmt.Errorf("%w: %s", bad.Err, text)
	}
}

// ready opens the next file where none is at hand.
func (c *chain) ready() error {
	if c.now != nil {
		return nil
	}
	return c.next()
}

// over closes the file at hand where that is what an error says; else it returns the
// error.
func (c *chain) over(err error) error {
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c.named(err)
	}
	c.answer.hear(c.now)
	c.now.Close()
	c.now = nil
	return nil
}

// readOne says that a record was read of the file at hand: what is wrong behind it is
// nothing that its beginning explains.
func (c *chain) readOne() {
	if c.begins == nil {
		return
	}
	c.begins = nil
	if o, ok := c.files.(*outermost); ok {
		o.seen = nil
	}
}

// Next appends the next record.
func (c *chain) Next(dst []byte) ([]byte, error) {
	for {
		if err := c.ready(); err != nil {
			return dst, err
		}
		out, err := c.now.Next(dst)
		if err == nil {
			c.readOne()
			return out, nil
		}
		if err = c.over(err); err != nil {
			return dst, err
		}
	}
}

// Rows are a file.Columned's, of one file, of records that are; ok is false where the
// next ones are none.
func (c *chain) Rows(dst []byte, ends []int, rows *raw.Rows) (text []byte, all []int, ok bool, err error) {
	for {
		if err := c.ready(); err != nil {
			return dst, ends, true, err
		}
		in, ok := c.now.(file.Columned)
		if !ok {
			return dst, ends, false, nil
		}
		text, all, err := in.Rows(dst, ends, atOnce, rows)
		if err == nil {
			return text, all, true, nil
		}
		if err = c.over(err); err != nil {
			return dst, ends, true, err
		}
	}
}

// Skip is a file.Skipper's, of records that are; ok is false where the next ones are
// none.
func (c *chain) Skip() (n int, text []byte, ok bool, err error) {
	for {
		if err := c.ready(); err != nil {
			return 0, nil, true, err
		}
		s, ok := c.now.(file.Skipper)
		if !ok {
			return 0, nil, false, nil
		}
		n, text, err := s.Skip()
		if err == nil {
			c.readOne()
			return n, text, true, nil
		}
		if err = c.over(err); err != nil {
			return 0, nil, true, err
		}
	}
}

// Close gives back what is held.
func (c *chain) Close() {
	if c.now != nil {
		c.now.Close()
	}
	c.files.Close()
}
