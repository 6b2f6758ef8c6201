package schema

import "bytes"

// MaxDepth is how deep objects and arrays may be nested in a body.
const MaxDepth = 10_000

// Prove says whether body is one JSON value (RFC 8259) in UTF-8 and nothing
// else. Its error is a *BodyError of kind NotJSON, NotUTF8 or TooDeep.
//
// A byte order mark at the start is ignored, as RFC 8259 allows. Escapes that
// name half of a surrogate pair are accepted: the grammar has them.
func Prove(body []byte) error {
	p := scanProof{text: body}
	i := p.begin()
	if i >= 0 {
		i = p.value(i)
	}
	if i >= 0 {
		p.finish(i)
	}
	if p.fault != nil {
		return p.fault
	}
	return nil
}

// scanProof proves one text. Its methods take the index at which something
// begins and return the index after it (after white space, where they say
// so); a negative index means that the text is not JSON and fault says why.
//
// Nothing here recurses: what is open is kept in a table.
type scanProof struct {
	text  []byte
	from  int64 // where in the body the text begins, for errors
	depth int   // containers around the value that is proven next
	fault *BodyError
	huge  bool               // a number was met that the judge may have its own mind about
	open  [MaxDepth + 1]byte // the byte that closes the container at a depth
}

var scanBOM = []byte("\xef\xbb\xbf")

// begin returns where the text's value begins.
func (p *scanProof) begin() int {
	i := 0
	if bytes.HasPrefix(p.text, scanBOM) {
		i = len(scanBOM)
	}
	i = scanSpace(p.text, i)
	if i == len(p.text) {
		return p.notJSON(i, "empty body")
	}
	return i
}

// finish proves that nothing but white space follows the text's value.
func (p *scanProof) finish(i int) int {
	i = scanSpace(p.text, i)
	if i < len(p.text) {
		return p.notExpected(i, "the end, after the value")
	}
	return i
}

// value proves the value that begins at i.
func (p *scanProof) value(i int) int {
	b, base := p.text, p.depth
	depth, closer := base, byte(0)
	for {
		if i >= len(b) {
			return p.endsIn(i, "where a value was expected")
		}
		switch c := b[i]; c {
		case '"':
			if i = scanString(b, i+1); i < 0 {
				return p.notString(^i)
			}
		case '{', '[':
			if depth == MaxDepth {
				return p.tooDeep(i)
			}
			depth++
			closer = c + 2 // in ASCII, for both
			p.open[depth] = closer
			i = scanSpace(b, i+1)
			if i < len(b) && b[i] == closer {
				i++
				depth--
				closer = p.open[depth]
				break
			}
			if closer == '}' {
				if i = p.key(i); i < 0 {
					return i
				}
			}
			continue
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			from, form := i, formWhole
			if i, form = scanNumber(b, i); i < 0 {
				return p.notNumber(^i)
			}
			p.huge = p.huge || isVast(b[from:i], form)
		default:
			if i = p.literal(i); i < 0 {
				return i
			}
		}

		// A value ended at i: close what ends with it, go on to what follows.
		for {
			if depth == base {
				return i
			}
			i = scanSpace(b, i)
			if i < len(b) && b[i] == ',' {
				break
			}
			if i >= len(b) || b[i] != closer {
				return p.notClosed(i, closer)
			}
			i++
			depth--
			closer = p.open[depth]
		}
		i = scanSpace(b, i+1)
		if closer == '}' {
			if i = p.key(i); i < 0 {
				return i
			}
		}
	}
}

// key proves the key that begins at i and the colon after it, and returns
// where the member's value begins.
func (p *scanProof) key(i int) int {
	b := p.text
	if i = p.name(i); i < 0 {
		return i
	}
	if i+2 < len(b) && b[i] == ':' { // as almost all keys are
		if b[i+1] > ' ' {
			return i + 1
		}
		if b[i+1] == ' ' && b[i+2] > ' ' {
			return i + 2
		}
	}
	return p.colon(i)
}

// name proves the key that begins at i and returns the index after its
// closing quote.
func (p *scanProof) name(i int) int {
	if i >= len(p.text) || p.text[i] != '"' {
		return p.notExpected(i, "a key in double quotes")
	}
	if i = scanString(p.text, i+1); i < 0 {
		return p.notString(^i)
	}
	return i
}

// colon proves the colon after a key that ended at i, and returns where the
// member's value begins.
func (p *scanProof) colon(i int) int {
	i = scanSpace(p.text, i)
	if i >= len(p.text) || p.text[i] != ':' {
		return p.notExpected(i, "':' after a key")
	}
	return scanSpace(p.text, i+1)
}

// literal proves true, false or null.
func (p *scanProof) literal(i int) int {
	want := ""
	switch p.text[i] {
	case 't':
		want = "true"
	case 'f':
		want = "false"
	case 'n':
		want = "null"
	default:
		return p.notValue(i)
	}
	end := i + len(want)
	if end <= len(p.text) && string(p.text[i:end]) == want {
		return end
	}
	return p.notLiteral(i, want)
}

// enter opens the container at i, which closer closes. It returns where the
// first element or key begins, or the index after the container and false
// where it is empty.
func (p *scanProof) enter(i int, closer byte) (int, bool) {
	if p.depth == MaxDepth {
		return p.tooDeep(i), false
	}
	i = scanSpace(p.text, i+1)
	if i < len(p.text) && p.text[i] == closer {
		return i + 1, false
	}
	p.depth++
	return i, true
}

// next goes on after an element or member that ended at i: to where the next
// one begins, or, with false, to the index after the container.
func (p *scanProof) next(i int, closer byte) (int, bool) {
	if i < 0 {
		return i, false
	}
	i = scanSpace(p.text, i)
	switch {
	case i < len(p.text) && p.text[i] == ',':
		return scanSpace(p.text, i+1), true
	case i < len(p.text) && p.text[i] == closer:
		p.depth--
		return i + 1, false
	}
	return p.notClosed(i, closer), false
}

// first returns the byte at i, or 0 at the end of the text.
func (p *scanProof) first(i int) byte {
	if i < len(p.text) {
		return p.text[i]
	}
	return 0
}
