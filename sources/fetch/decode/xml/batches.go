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
	on      bool // the records come in batches, and what stands beside them in out
	text    []byte
	ends    []int
	odd     bool // one of the records, or of those to come, is no object
	kept    bool // the records are for the next Batch
	skips   bool // records are to be passed over, not made
	skipped int  // those that were
	stop    bool // the next one is to be made
}

// Batched reports whether the records are read in batches, by who looks for them at a
// path of so many names. Else the document is to be read as text.
func (d *document) Batched(names int) bool {
	if d.path == nil || names != len(d.path) {
		return false
	}
	for d.err == nil && (d.way == nil || !d.rooted()) {
		d.err = d.step()
	}
	d.batch.on = d.err == nil && d.path != nil
	return d.batch.on
}

// Batch returns the next records, one behind another, and where each ends. They are good
// until the next call. Its error is io.EOF behind the last.
func (d *document) Batch() (text []byte, ends []int, err error) {
	b := &d.batch
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
func (d *document) Proven() bool { return !d.batch.odd }

// Skip proves the next records as Batch does, and makes none where it can do without. It
// returns how many there were, which may be none, and text that holds all that theirs
// would, good until the next call.
func (d *document) Skip() (n int, text []byte, err error) {
	b, t := &d.batch, d.tokens
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
func (d *document) Rest() []byte { return d.out }

// atRecord reports whether the start tag at hand is that of a record in another element.
func (d *document) atRecord() bool {
	return d.depth > 0 && d.depth == len(d.path)-1 && !d.inRecord() && d.onWay(d.tokens.name.local)
}

// skip passes over the record whose start tag is at hand. It reports false where the
// record is to be made: then the start tag comes again, by the next token.
func (d *document) skip() bool {
	t := d.tokens
	from, depth := t.from-t.keep, len(t.open)-1
	if d.plain(depth) {
		d.beside.endPiece(false)
		d.way[len(d.way)-1].passed = true
		d.batch.skipped++
		return true
	}
	for len(t.open) > depth {
		t.pop()
	}
	t.at, t.empty, t.ended = t.keep+from, false, false
	if d.batch.stop = d.batch.skipped > 0; !d.batch.stop {
		d.batch.skips, t.keep = false, none
	}
	return false
}

// plain reads to the end of the record whose start tag is at hand, and reports whether
// that record is surely right, an object, and holds no text that is not as it stands in
// the document.
func (d *document) plain(depth int) bool {
	t := d.tokens
	begin, before := t.from-t.keep, startTag
	text, object := false, d.shows()
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
func (d *document) shows() bool {
	for _, a := range d.tokens.attributes {
		if !d.tokens.hidden(a.name) {
			return true
		}
	}
	return false
}
