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
		d.path = slices.Clone(records)
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
	path   []string // to the records; nil: the document is made as a whole
	schema *schema  // of a record

	depth  int       // of the element that is open
	way    []station // the open elements on the path, and the document itself
	beside tree      // what is in those elements, but for those on the path
	record tree      // the record that is open
	batch  batch
	flat   flat
	out    []byte // JSON that was not read yet
	used   int    // of out
	found  bool   // an element is a record
	err    error
}

// station is an open element on the way to the records.
type station struct {
	self   int32 // in beside
	passed bool  // the next one on the way was in it
}

// Close does nothing: the file is not ours.
func (*document) Close() error { return nil }

// Read reads the JSON text.
func (d *document) Read(p []byte) (int, error) {
	for d.used == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		d.out, d.used = d.out[:0], 0
		d.err = d.step()
	}
	n := copy(p, d.out[d.used:])
	d.used += n
	return n, nil
}

// step reads the next token.
func (d *document) step() error {
	if d.way == nil {
		d.way = append(d.way, station{self: d.beside.open("")})
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
		case !atRecord || !d.batch.skips:
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
	if d.path == nil {
		return fmt.Errorf("the document is longer than %d bytes; give the path of element names to its records", maxBeside)
	}
	return fmt.Errorf("what stands beside the records at %q is longer than %d bytes", d.path, maxBeside)
}

// end is the end of the file.
func (d *document) end() error {
	if d.depth > 0 {
		return d.tokens.wrong(fmt.Errorf("the document ends within its root element: %w", io.ErrUnexpectedEOF))
	}
	if !d.rooted() {
		return d.tokens.wrong(fmt.Errorf("the document has no root element: %w", io.ErrUnexpectedEOF))
	}
	return io.EOF
}

// rooted reports whether the root element has begun.
func (d *document) rooted() bool { return d.way[0].passed || d.beside.nodes[0].first != none }

func (d *document) inRecord() bool { return d.record.opened() }

// current is the tree that elements and text go to.
func (d *document) current() *tree {
	if d.inRecord() {
		return &d.record
	}
	return &d.beside
}

// onWay reports whether an element is the next one on the way to the records.
func (d *document) onWay(name string) bool {
	return d.depth == len(d.way)-1 && d.depth < len(d.path) && d.path[d.depth] == name
}

func (d *document) start() error {
	root, name := d.depth == 0, d.tokens.name.local
	switch {
	case root && d.rooted():
		return fmt.Errorf("a second root element, <%s>, follows the first", name)
	case d.depth >= maxDepth:
		return fmt.Errorf("elements are nested deeper than %d", maxDepth)
	case len(d.tokens.attributes) > maxAttributes:
		return fmt.Errorf("element <%s> has more than %d attributes", name, maxAttributes)
	}
	if root && len(d.path) > 0 && d.path[0] != name {
		d.path = nil
	}
	d.current().endPiece(false)
	if err := d.begin(name); err != nil {
		return err
	}
	d.depth++
	if len(d.tokens.attributes) > 0 {
		return attributes(d.current(), d.tokens)
	}
	return nil
}

// begin opens an element in its tree.
func (d *document) begin(name string) error {
	if !d.onWay(name) || d.inRecord() {
		d.current().open(name)
		return nil
	}
	here := &d.way[len(d.way)-1]
	last := d.depth == len(d.path)-1
	switch {
	case last && here.passed:
		if !d.batch.on {
			d.out = append(d.out, ",\n"...)
		}
	case here.passed:
		return fmt.Errorf("element <%s>, on the way to the records at %q, comes a second time in its parent", name, d.path)
	case last && d.depth == 0:
		d.out = append(appendName(append(d.out, '{'), name), '[')
	case !last:
		d.out = appendName(append(d.out, '{'), name)
	}
	here.passed = true
	if last {
		d.found = true
		d.record.open(name)
		return nil
	}
	d.way = append(d.way, station{self: d.beside.openApart()})
	if d.depth+1 == len(d.path)-1 { // the parent of the records
		d.out = append(appendName(append(d.out, '{'), d.path[d.depth+1]), '[')
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
	d.current().endPiece(!d.amongStations())
	d.depth--
	if !d.inRecord() {
		d.closeBeside()
		return
	}
	d.record.close()
	if d.record.opened() {
		return
	}
	d.made()
	d.record.reset()
	if len(d.path) == 1 {
		d.out = append(d.out, "]}"...)
	}
}

// made writes the record that has come to its end.
func (d *document) made() {
	b := &d.batch
	if !b.on {
		d.out = d.record.appendValue(d.out, 0, d.schema)
		return
	}
	begin := len(b.text)
	b.text = d.record.appendValue(b.text, 0, d.schema)
	b.ends = append(b.ends, len(b.text))
	b.odd = b.odd || b.text[begin] != '{'
}

// amongStations reports whether the open element holds another one that is in no tree.
func (d *document) amongStations() bool {
	return d.depth == len(d.way)-1 && d.way[d.depth].passed
}

func (d *document) closeBeside() {
	here := d.way[len(d.way)-1]
	if len(d.way) == 1 || d.beside.current != here.self {
		d.beside.close()
		if d.depth == 0 { // the whole document
			d.out = d.beside.appendValue(d.out, 0, d.schema)
		}
		return
	}
	if len(d.way) == len(d.path) { // the parent of the records
		d.out = append(d.out, ']')
		here.passed = true
	}
	switch {
	case here.passed:
		d.out = d.beside.appendMembers(d.out, here.self, nil, true)
		d.out = append(d.out, '}')
	default:
		d.out = d.beside.appendValue(d.out, here.self, nil)
	}
	d.way = d.way[:len(d.way)-1]
	d.beside.current = d.way[len(d.way)-1].self
	if d.depth == 0 {
		d.out = append(d.out, '}')
	}
}

func (d *document) text(text []byte) error {
	if d.depth > 0 {
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
