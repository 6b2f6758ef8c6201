package xml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	maxBeside     = 8 << 20 // of what is no record
	maxDepth      = 10_000
	maxAttributes = 1_000
)

// Open returns the document as JSON text. Its records are at the path of names that
// records holds; nil, or "@this", where no path is known. Errors of reading it are an
// *file.Error, or the file's own.
func Open(in file.File, o *file.Options, records []string) (io.ReadCloser, error) {
	d := &document{beside: tree{most: maxBeside}, record: tree{most: file.MaxRecord}}
	if len(records) > 0 && records[0] != "@this" {
		d.way.path = slices.Clone(records)
	}
	if o != nil {
		s, err := readSchema(o.Schema)
		if err != nil {
			return nil, err
		}
		d.schema = s
	}
	d.tokens = newTokens(in)
	return d, nil
}

// document reads a document and writes it as JSON.
type document struct {
	tokens *tokens
	schema *schema // of a record

	way    way
	beside tree // what is in the elements on the way, but for those on the path
	record tree // the record that is open
	flat   flat
	output output
	used   int  // of what was written, by Read
	found  bool // an element is a record
	err    error
}

// Close does nothing: the file is not ours.
func (*document) Close() error { return nil }

// Read reads the JSON text.
func (d *document) Read(p []byte) (int, error) {
	for d.used == len(d.output.rest) {
		if d.err != nil {
			return 0, d.err
		}
		d.output.rest, d.used = d.output.rest[:0], 0
		d.err = d.step()
	}
	n := copy(p, d.output.rest[d.used:])
	d.used += n
	return n, nil
}

// step reads the next token.
func (d *document) step() error {
	if d.way.stations == nil {
		d.way.stations = append(d.way.stations, station{self: d.beside.open("")})
	}
	d.tokens.coded = false
	token, err := d.tokens.scan()
	if err == io.EOF {
		return d.end()
	} else if err != nil {
		return err
	}
	switch token {
	case startTag:
		switch atRecord := d.atRecord(); {
		case atRecord && d.flats():
		case !atRecord || !d.output.batch.skips:
			err = d.start()
		case !d.skip():
			return nil
		}
	case endTag:
		d.close()
	case chars:
		err = d.text(d.tokens.text)
	case directive:
		err = d.directive(d.tokens.text)
	}
	if err == nil && (d.record.full() || d.beside.full()) {
		err = d.tooLong()
	}
	if err != nil {
		return d.tokens.wrong(err)
	}
	return nil
}

func (d *document) tooLong() error {
	if d.record.full() {
		return fmt.Errorf("the record is longer than %d bytes", file.MaxRecord)
	}
	if d.way.path == nil {
		return fmt.Errorf("the document is longer than %d bytes; give the path of element names to its records", maxBeside)
	}
	return fmt.Errorf("what stands beside the records at %q is longer than %d bytes", d.way.path, maxBeside)
}

// end is the end of the file.
func (d *document) end() error {
	if d.way.depth > 0 {
		return d.tokens.wrong(fmt.Errorf("the document ends within its root element: %w", io.ErrUnexpectedEOF))
	}
	if !d.rooted() {
		return d.tokens.wrong(fmt.Errorf("the document has no root element: %w", io.ErrUnexpectedEOF))
	}
	return io.EOF
}

// rooted reports whether the root element has begun.
func (d *document) rooted() bool { return d.way.stations[0].passed || d.beside.nodes[0].first != none }

func (d *document) inRecord() bool { return d.record.opened() }

// current is the tree that elements and text go to.
func (d *document) current() *tree {
	if d.inRecord() {
		return &d.record
	}
	return &d.beside
}

func (d *document) start() error {
	root, name := d.way.depth == 0, d.tokens.name.local
	switch {
	case root && d.rooted():
		return fmt.Errorf("a second root element, <%s>, follows the first", name)
	case d.way.depth >= maxDepth:
		return fmt.Errorf("elements are nested deeper than %d", maxDepth)
	case len(d.tokens.attributes) > maxAttributes:
		return fmt.Errorf("element <%s> has more than %d attributes", name, maxAttributes)
	}
	if root && len(d.way.path) > 0 && d.way.path[0] != name {
		d.way.path = nil
	}
	d.current().endPiece(false)
	if err := d.begin(name); err != nil {
		return err
	}
	d.way.depth++
	if len(d.tokens.attributes) > 0 {
		return attributes(d.current(), d.tokens)
	}
	return nil
}

// begin opens an element in its tree.
func (d *document) begin(name string) error {
	if !d.way.leadsTo(name) || d.inRecord() {
		d.current().open(name)
		return nil
	}
	here := d.way.last()
	last := d.way.depth == len(d.way.path)-1
	switch {
	case last && here.passed:
		if !d.output.batch.on {
			d.output.rest = append(d.output.rest, ",\n"...)
		}
	case here.passed:
		return fmt.Errorf("element <%s>, on the way to the records at %q, comes a second time in its parent", name, d.way.path)
	case last && d.way.depth == 0:
		d.output.rest = append(appendName(append(d.output.rest, '{'), name), '[')
	case !last:
		d.output.rest = appendName(append(d.output.rest, '{'), name)
	}
	here.passed = true
	if last {
		d.found = true
		d.record.open(name)
		return nil
	}
	d.way.stations = append(d.way.stations, station{self: d.beside.openApart()})
	if d.way.depth+1 == len(d.way.path)-1 { // the parent of the records
		d.output.rest = append(appendName(append(d.output.rest, '{'), d.way.path[d.way.depth+1]), '[')
	}
	return nil
}

// attributes adds those of an element that has just been opened.
func attributes(to *tree, t *tokens) error {
	if err := twice(t); err != nil {
		return err
	}
	for _, a := range t.attributes {
		if !t.hidden(a.name) {
			to.attribute(a.name.member, t.bytes(a.value))
		}
	}
	return nil
}

// twice is the error of a start tag that has an attribute twice.
func twice(t *tokens) error {
	for i, a := range t.attributes {
		for _, b := range t.attributes[:i] {
			if b.name.local == a.name.local && t.spaceOf(b.name) == t.spaceOf(a.name) {
				return fmt.Errorf("element <%s> has the attribute %s twice", t.name.local, a.name.local)
			}
		}
	}
	return nil
}

// close is the end of the element that is open.
func (d *document) close() {
	d.current().endPiece(!d.way.holdsAnother())
	d.way.depth--
	if !d.inRecord() {
		d.closeBeside()
		return
	}
	d.record.close()
	if d.record.opened() {
		return
	}
	d.output.add(&d.record, d.schema)
	d.record.reset()
	if len(d.way.path) == 1 {
		d.output.rest = append(d.output.rest, "]}"...)
	}
}

func (d *document) closeBeside() {
	here := d.way.last()
	if len(d.way.stations) == 1 || d.beside.current != here.self {
		d.beside.close()
		if d.way.depth == 0 { // the whole document
			d.output.rest = d.beside.appendValue(d.output.rest, 0, d.schema)
		}
		return
	}
	if len(d.way.stations) == len(d.way.path) { // the parent of the records
		d.output.rest = append(d.output.rest, ']')
		here.passed = true
	}
	switch {
	case here.passed:
		d.output.rest = d.beside.appendMembers(d.output.rest, here.self, nil, true)
		d.output.rest = append(d.output.rest, '}')
	default:
		d.output.rest = d.beside.appendValue(d.output.rest, here.self, nil)
	}
	d.way.stations = d.way.stations[:len(d.way.stations)-1]
	d.beside.current = d.way.last().self
	if d.way.depth == 0 {
		d.output.rest = append(d.output.rest, '}')
	}
}

func (d *document) text(text []byte) error {
	if d.way.depth > 0 {
		d.current().piece(text)
		return nil
	}
	if text = text[layout(text):]; len(text) > 0 {
		return fmt.Errorf("found %q outside of the root element; an XML document has nothing there", text[:min(len(text), 40)])
	}
	return nil
}

var errEntities = errors.New("the document declares entities or attributes in its DOCTYPE; entities are not expanded, so such a document is not read")

func (d *document) directive(text []byte) error {
	switch {
	case !bytes.HasPrefix(text, []byte("DOCTYPE")) || d.rooted():
		return fmt.Errorf("found a declaration, %.40q; only a DOCTYPE before the root element may stand there", text)
	case bytes.Contains(text, []byte("<!ENTITY")), bytes.Contains(text, []byte("<!ATTLIST")):
		return errEntities
	}
	return nil
}

// wrap makes a *file.Error.
func wrap(offset int64, err error) error {
	return &file.Error{Format: sources.FormatXML, Offset: offset, Err: err}
}
