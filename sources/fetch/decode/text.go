package decode

import (
	"errors"
	"io"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// atOnce is about how much text is made at a time, in bytes.
const atOnce = 64 << 10

// recordText is the array of records. It is read as text, or in batches.
type recordText struct {
	records *chain
	text    []byte // that is made, and not read yet
	ends    []int  // of the records of a batch
	rows    raw.Rows
	columns bool // rows are the batch's
	memory  []byte
	began   bool
	err     error // behind the text
}

// Batch returns the next records, one behind another, and where each ends. They are
// good until the next call. Its error is io.EOF behind the last.
func (t *recordText) Batch() (text []byte, ends []int, err error) {
	if t.err != nil {
		return nil, nil, t.err
	}
	text, ends, t.columns, t.err = t.records.Rows(t.memory[:0], t.ends[:0], &t.rows)
	for !t.columns && len(text) < atOnce && t.err == nil {
		var out []byte
		if out, t.err = t.records.Next(text); t.err == nil {
			text, ends = out, append(ends, len(out))
		}
	}
	t.memory, t.ends = text, ends
	if len(ends) == 0 {
		return nil, nil, t.err
	}
	return text, ends, nil
}

// Columns returns what is known of the records of the last batch, nil where that is
// nothing.
func (t *recordText) Columns() *raw.Rows {
	if !t.columns {
		return nil
	}
	return &t.rows
}

// Skip proves the next records, at least one. It returns how many there were, and text
// that holds all the text which they would, good until the next call.
func (t *recordText) Skip() (n int, text []byte, err error) {
	if t.err != nil {
		return 0, nil, t.err
	}
	n, text, ok, err := t.records.Skip()
	if !ok {
		text, ends, err := t.Batch()
		return len(ends), text, err
	}
	t.err = err
	return n, text, err
}

// Batched reports whether who looks for records at a path of so many keys finds these.
func (t *recordText) Batched(keys int) bool { return keys == 0 }

// Rest is the text without the records.
func (t *recordText) Rest() []byte { return []byte("[]") }

// Proven reports whether the records of the last batch are surely JSON.
func (t *recordText) Proven() bool { return !t.records.unproven }

// Read reads the text.
func (t *recordText) Read(p []byte) (int, error) {
	for len(t.text) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.make()
	}
	n := copy(p, t.text)
	t.text = t.text[n:]
	return n, nil
}

// make makes more of the text, or sets what is wrong behind it.
func (t *recordText) make() {
	buf := t.memory[:0]
	for len(buf) < atOnce {
		end := len(buf)
		if t.began {
			buf = append(buf, ",\n"...)
		} else {
			buf = append(buf, '[')
		}
		out, err := t.records.Next(buf)
		if err == nil {
			buf, t.began = out, true
			continue
		}
		t.err = err
		buf = buf[:end]
		if err == io.EOF { //nolint // a file that ends too early wraps it
			if !t.began {
				buf = append(buf, '[')
			}
			buf = append(buf, ']')
		}
		break
	}
	t.text, t.memory = buf, buf
}

// Close gives back what is held.
func (t *recordText) Close() error {
	t.records.Close()
	return nil
}

// documentOpener opens one that is JSON text, or becomes it.
type documentOpener func(in file.File, a *Answer) (io.ReadCloser, error)

// documentText is the text of a document, or of several an array of those.
type documentText struct {
	files   unpack.Files
	open    documentOpener
	answer  *Answer
	several bool
	now     io.ReadCloser
	n       int          // documents that were opened
	begins  *detect.Seen // with what the one at hand begins; nil: it is JSON, or some of it was read
	put     string       // to be read before the document at hand
	over    bool
	err     error // of opening one
	rest    []byte
}

// batched are documents whose records are made one by one.
type batched interface {
	Batched(keys int) bool
	Batch() (text []byte, ends []int, err error)
	Skip() (n int, text []byte, err error)
	Proven() bool
	Rest() []byte
}

// Batched reports whether the text is one document whose records, at a path of so many
// keys, can be read in batches.
func (t *documentText) Batched(keys int) bool {
	if !t.several && t.now == nil && t.err == nil {
		t.err = t.next()
	}
	one, ok := t.now.(batched)
	return ok && !t.several && one.Batched(keys)
}

// Batch is that of the document.
func (t *documentText) Batch() (text []byte, ends []int, err error) {
	if t.over {
		return nil, nil, io.EOF
	}
	text, ends, err = t.now.(batched).Batch()
	return text, ends, t.ended(len(ends), err)
}

// Skip is that of the document.
func (t *documentText) Skip() (n int, text []byte, err error) {
	if t.over {
		return 0, nil, io.EOF
	}
	n, text, err = t.now.(batched).Skip()
	return n, text, t.ended(n, err)
}

// ended is an error of reading batches, of which the last has n records: behind the
// document nothing follows.
func (t *documentText) ended(n int, err error) error {
	if n > 0 {
		t.begins = nil
	}
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return t.named(err)
	}
	t.answer.hear(t.now)
	t.rest = t.now.(batched).Rest()
	_ = t.now.Close() // Batch has said what is wrong
	t.now = nil
	if err := t.next(); err != nil {
		return err
	}
	return io.EOF
}

// Proven is that of the document.
func (t *documentText) Proven() bool { return t.over || t.now.(batched).Proven() }

// Columns is nil: elements are no columns.
func (t *documentText) Columns() *raw.Rows { return nil }

// Rest is that of the document, behind the last batch.
func (t *documentText) Rest() []byte { return t.rest }

// Read reads the text.
func (t *documentText) Read(p []byte) (int, error) {
	for {
		if t.put != "" {
			n := copy(p, t.put)
			t.put = t.put[n:]
			return n, nil
		}
		if t.now == nil {
			if t.over {
				return 0, io.EOF
			}
			if t.err != nil {
				return 0, t.err
			}
			if err := t.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := t.now.Read(p)
		if err != nil && errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.answer.hear(t.now)
			_ = t.now.Close() // Read has said what is wrong
			t.now, err = nil, nil
		}
		if n > 0 {
			t.begins = nil
		}
		if n > 0 || err != nil {
			return n, t.named(err)
		}
	}
}

// named says of a document that is wrong from its beginning what it is.
func (t *documentText) named(err error) error {
	if bad, ok := errors.AsType[*file.Error](err); ok && t.begins != nil {
		bad.Err = is(bad, t.begins, "")
	}
	return err
}

// next opens the next document.
func (t *documentText) next() error {
	in, _, err := t.files.Next()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.over = true
		if t.several {
			t.put = "]"
			if t.n == 0 {
				t.put = "[]"
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	if t.n++; t.several {
		t.put = ",\n"
		if t.n == 1 {
			t.put = "["
		}
	}
	if t.answer.Options.Format == sources.FormatXML {
		if in, t.begins, err = t.answer.xml(in); err != nil {
			return err
		}
	}
	t.now, err = t.open(in, t.answer)
	return err
}

// xml shows with what a document of XML begins, whose charset wins over its declaration, as a
// byte order mark does. A page of HTML is an error, unless it is
// asked for.
func (a *Answer) xml(in file.File) (file.File, *detect.Seen, error) {
	if a.Charset != nil {
		in = &textFile{io.MultiReader(strings.NewReader("\ufeff"), a.Charset(in)), in}
	}
	p, ok := in.(peeker)
	if !ok {
		p = sourceOf(in)
	}
	seen := &detect.Seen{ContentType: a.Header.Get("Content-Type")}
	var err error
	if seen.Begins, err = p.Peek(enough); err == nil {
		if what := detect.NoXML(seen, a.elements()); what != "" {
			err = &file.Error{Format: sources.FormatXML, Offset: -1, Err: errors.New(what)}
		}
	}
	return p, seen, err
}

// Close gives back what is held.
func (t *documentText) Close() error {
	if t.now != nil {
		_ = t.now.Close() // Read has said what is wrong
	}
	t.files.Close()
	return nil
}
