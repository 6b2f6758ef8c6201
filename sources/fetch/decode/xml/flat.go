package xml

// flat reads records that are flat: without attributes, and with nothing in them but
// elements that hold one text, or none, and white space between those. Such records are
// read where they stand in the window, not token by token. It makes what the tokens
// would make, and leaves to the tokens each record that has something else in it, that
// is wrong, or that does not end in the window.
type flat struct {
	keys   map[string]*key // by local name
	number uint64          // of the record at hand
	first  bool            // it has no member yet
}

// key is the name of a member, and what is known of the member.
type key struct {
	json string // a comma, the name and a colon
	is   *schema
	in   uint64 // the number of the record that it came in last
}

// keyOf is the key of the members that elements of a name become.
func (f *flat) keyOf(n *name, record *schema) *key {
	if n.key != nil {
		return n.key
	}
	k := f.keys[n.local]
	if k == nil {
		is := record.member(n.local)
		k = &key{json: string(appendName([]byte{','}, n.local)), is: is}
		if f.keys == nil {
			f.keys = make(map[string]*key)
		}
		f.keys[n.local] = k
	}
	n.key = k
	return k
}

// flats reads the record whose start tag is at hand, and those of the same name behind
// it, as long as they are flat. It reports false where not one was.
func (d *document) flats() bool {
	t, row, found := d.tokens, d.tokens.name, false
	if t.empty || len(t.attributes) > 0 || !d.way.last().passed || len(t.open) >= maxDepth || t.size > maxOpen-longestKnown {
		return false
	}
	for at := t.at; ; at += len(row.raw) + 2 {
		end := d.flatRecord(row, at)
		if end == none {
			break
		}
		found, t.at = true, end
		if at = space(t.b, end); d.output.enough(t.at-t.keep) || t.b[at] != '<' || !row.follows(t.b[at+1:], '>') {
			break
		}
	}
	if found {
		d.beside.endPiece(false)
		t.pop()
	}
	return found
}

// flatRecord reads the flat record of a name whose start tag ends at a place of the
// window. It returns where the record ends, or none.
func (d *document) flatRecord(row *name, begin int) int {
	d.flat.number++
	d.flat.first = true
	out := d.output.begin()
	b, empty, last := d.tokens.b, true, row
	for at := begin; at-begin < longestSkipped; empty = false {
		if at = space(b, at); b[at] != '<' {
			return none
		}
		if b[at+1] == '/' {
			if empty || !row.follows(b[at+2:], '>') {
				return none
			}
			d.output.end(out)
			d.tokens.last = last
			return at + len(row.raw) + 3
		}
		n := d.tokens.nameBehind(last, b[at+1:])
		if n == nil {
			return none
		}
		if out, at = d.flatMember(out, n, at+1+len(n.raw)); at == none {
			return none
		}
		last = n
	}
	return none
}

// nameBehind is the name that what is left of a window begins with, where that name is
// known.
func (t *tokens) nameBehind(last *name, b []byte) *name {
	if n := last.next; n != nil && n.follows(b, '>') { // as almost always
		return n
	}
	size := 0
	for inName[b[size]] {
		size++
	}
	n := t.known[string(b[:size])]
	if n != nil {
		last.next = n
	}
	return n
}

// flatMember appends the member that an element becomes, and returns where the element
// ends, or none. The name in its start tag ends at a place of the window.
func (d *document) flatMember(out []byte, n *name, at int) ([]byte, int) {
	b, from := d.tokens.b, at+1
	if b[at] != '>' {
		return out, none
	}
	at = flatText(b, from)
	if at == none || b[at+1] != '/' || !n.follows(b[at+2:], '>') {
		return out, none
	}
	text, end := b[from:at], at+len(n.raw)+3
	if d.output.batch.skips {
		return out, end
	}
	k := d.flat.keyOf(n, d.schema)
	if k.in == d.flat.number || k.is.array() || len(text) > 0 && layout(text) == len(text) {
		return out, none
	}
	json := k.json
	if d.flat.first {
		out, json, d.flat.first = append(out, '{'), json[1:], false
	}
	k.in = d.flat.number
	out = append(out, json...)
	if len(text) == 0 {
		return append(out, "null"...), end
	}
	return k.is.appendText(out, text), end
}

// flatText returns where a text ends that stands for itself, or none.
func flatText(b []byte, at int) int {
	var bits uint64
	for from := at; ; at++ {
		i, seen := plain(b, at, ']'*low)
		bits |= seen
		at = i
		switch c := b[at]; {
		case c == '<':
			if bits&high != 0 && check(b[from:at]) != nil {
				return none
			}
			return at
		case c == '\n', c == '\t', c == ']' && b[at+1] != ']':
		default:
			return none
		}
	}
}

// space is where white space ends that begins at a place of a window.
func space(b []byte, at int) int {
	for b[at] == ' ' || b[at] == '\n' || b[at] == '\t' {
		at++
	}
	return at
}
