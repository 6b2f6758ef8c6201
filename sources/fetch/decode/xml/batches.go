package xml

const (
	// atOnce is about how much text is in a batch, in bytes.
	atOnce = 64 << 10
	// longestSkipped is how long a record may be, as it stands in the document, for
	// its proof to do without its making: what is made of it is then surely not longer
	// than it may be.
	longestSkipped = 1 << 20
)

// batch are records that were made, and not taken yet.
type batch struct {
	on      bool // the records come in batches, and what stands beside them in rest
	text    []byte
	ends    []int
	odd     bool // one of the records, or of those to come, is no object
	kept    bool // the records are for the next Batch
	skips   bool // records are to be passed over, not made
	skipped int  // those that were
	stop    bool // the next one is to be made
}

// output is where the JSON goes: records to a batch, where one is wanted, and the rest.
type output struct {
	batch batch
	rest  []byte // that was not read yet
}

// add writes a record that has come to its end.
func (o *output) add(record *tree, s *schema) {
	b := &o.batch
	if !b.on {
		o.rest = record.appendValue(o.rest, 0, s)
		return
	}
	begin := len(b.text)
	b.text = record.appendValue(b.text, 0, s)
	b.ends = append(b.ends, len(b.text))
	b.odd = b.odd || b.text[begin] != '{'
}

// enough reports whether as many records were written, or so many bytes of them passed
// over, as are wanted at once.
func (o *output) enough(passed int) bool {
	switch b := &o.batch; {
	case b.skips:
		return passed >= atOnce
	case b.on:
		return len(b.text) >= atOnce
	}
	return len(o.rest) >= atOnce
}

// begin is what a flat record is appended to; nil where it is passed over.
func (o *output) begin() []byte {
	switch {
	case o.batch.skips:
		return nil
	case o.batch.on:
		return o.batch.text
	}
	return append(o.rest, ",\n"...)
}

// end puts a flat record to the others.
func (o *output) end(out []byte) {
	b := &o.batch
	switch {
	case b.skips:
		b.skipped++
	case b.on:
		b.text = append(out, '}')
		b.ends = append(b.ends, len(b.text))
	default:
		o.rest = append(out, '}')
	}
}

// Batched reports whether the records are read in batches, by who looks for them at a
// path of so many names. Else the document is to be read as text.
func (d *document) Batched(names int) bool {
	if d.way.path == nil || names != len(d.way.path) {
		return false
	}
	for d.err == nil && (d.way.stations == nil || !d.rooted()) {
		d.err = d.step()
	}
	d.output.batch.on = d.err == nil && d.way.path != nil
	return d.output.batch.on
}

// Batch returns the next records, one behind another, and where each ends. They are good
// until the next call. Its error is io.EOF behind the last.
func (d *document) Batch() (text []byte, ends []int, err error) {
	b := &d.output.batch
	if !b.kept {
		b.text, b.ends = b.text[:0], b.ends[:0]
	}
	b.kept = false
	for d.err == nil && len(b.text) < atOnce {
		d.err = d.step()
	}
	if len(b.ends) == 0 {
		return nil, nil, d.err
	}
	return b.text, b.ends, nil
}

// Proven reports whether the records are surely objects.
func (d *document) Proven() bool { return !d.output.batch.odd }

// Skip proves the next records as Batch does, and makes none where it can do without. It
// returns how many there were, which may be none, and text that holds all that theirs
// would, good until the next call.
func (d *document) Skip() (n int, text []byte, err error) {
	b, t := &d.output.batch, d.tokens
	if d.err != nil {
		return 0, nil, d.err
	}
	b.text, b.ends, b.skips, b.skipped, b.stop = b.text[:0], b.ends[:0], true, 0, false
	t.keep = t.at
	for d.err == nil && len(b.ends) == 0 && !b.stop && t.at-t.keep < atOnce {
		d.err = d.step()
	}
	if b.skips = false; t.keep >= 0 {
		text = t.b[t.keep:t.at]
	}
	t.keep = none
	switch {
	case len(b.ends) == 0:
		return b.skipped, text, nil
	case b.odd:
		b.kept = true
		return 0, nil, nil
	}
	return 1, b.text, nil
}

// Rest is the document without its records, once all of it was read.
func (d *document) Rest() []byte { return d.output.rest }

// atRecord reports whether the start tag at hand is that of a record in another element.
func (d *document) atRecord() bool {
	return d.way.depth > 0 && d.way.depth == len(d.way.path)-1 && !d.inRecord() && d.way.leadsTo(d.tokens.name.local)
}

// skip passes over the record whose start tag is at hand. It reports false where the
// record is to be made: then the start tag comes again, by the next token.
func (d *document) skip() bool {
	t := d.tokens
	from, depth := t.from-t.keep, len(t.open)-1
	if t.passRecord(depth) {
		d.beside.endPiece(false)
		d.way.last().passed = true
		d.output.batch.skipped++
		return true
	}
	for len(t.open) > depth {
		t.pop()
	}
	t.at, t.empty, t.ended = t.keep+from, false, false
	if d.output.batch.stop = d.output.batch.skipped > 0; !d.output.batch.stop {
		d.output.batch.skips, t.keep = false, none
	}
	return false
}

// passRecord reads to the end of the record whose start tag is at hand, and reports whether
// that record is surely right, an object, and holds no text that is not as it stands in
// the document.
func (t *tokens) passRecord(depth int) bool {
	begin, before := t.from-t.keep, startTag
	text, object := false, t.shows()
	if twice(t) != nil {
		return false
	}
	for {
		token, err := t.scan()
		if err != nil || t.at-t.keep-begin > longestSkipped || t.coded {
			return false
		}
		switch token {
		case startTag:
			object = true
			if text || len(t.open) > maxDepth || len(t.attributes) > maxAttributes || twice(t) != nil {
				return false
			}
		case endTag:
			if len(t.open) == depth {
				return object
			}
			text = false
		case chars:
			if before == chars {
				return false
			}
			if layout(t.text) < len(t.text) {
				text = true
				if before != startTag {
					return false
				}
			}
		case directive:
			return false
		}
		before = token
	}
}

// shows reports whether the start tag at hand has attributes that become members.
func (t *tokens) shows() bool {
	for _, a := range t.attributes {
		if !t.hidden(a.name) {
			return true
		}
	}
	return false
}
