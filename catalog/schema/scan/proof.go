package scan

import "bytes"

// MaxDepth is how deep objects and arrays may be nested in a body.
const MaxDepth = 10_000

// Prove says whether body is one JSON value (RFC 8259) in UTF-8 and nothing
// else. Its error is a *BodyError of kind NotJSON, NotUTF8 or TooDeep.
//
// A byte order mark at the start is ignored, as RFC 8259 allows. Escapes that
// name half of a surrogate pair are accepted: the grammar has them.
func Prove(body []byte) error {
	p := Proof{Text: body}
	i := p.Begin()
	if i >= 0 {
		i = p.Value(i)
	}
	if i >= 0 {
		p.Finish(i)
	}
	if p.Fault != nil {
		return p.Fault
	}
	return nil
}

// Proof proves one text. Its methods take the index at which something
// begins and return the index after it (after white space, where they say
// so); a negative index means that the text is not JSON and fault says why.
//
// Nothing here recurses: what is open is kept in a table.
type Proof struct {
	Text  []byte
	From  int64 // where in the body the text begins, for errors
	Depth int   // containers around the value that is proven next
	Fault *BodyError
	Huge  bool               // a number was met that the judge may have its own mind about
	open  [MaxDepth + 1]byte // the byte that closes the container at a depth
}

// BOM is the byte order mark of UTF-8, which may stand before a body.
var BOM = []byte("\xef\xbb\xbf")

// Begin returns where the text's value begins.
func (p *Proof) Begin() int {
	i := 0
	if bytes.HasPrefix(p.Text, BOM) {
		i = len(BOM)
	}
	i = Space(p.Text, i)
	if i == len(p.Text) {
		return p.NotJSON(i, "empty body")
	}
	return i
}

// Finish proves that nothing but white space follows the text's value.
func (p *Proof) Finish(i int) int {
	i = Space(p.Text, i)
	if i < len(p.Text) {
		return p.NotExpected(i, "the end, after the value")
	}
	return i
}

// Value proves the value that begins at i.
func (p *Proof) Value(i int) int {
	b, base := p.Text, p.Depth
	depth, closer := base, byte(0)
	for {
		if i >= len(b) {
			return p.endsIn(i, "where a value was expected")
		}
		switch c := b[i]; c {
		case '"':
			if i = String(b, i+1); i < 0 {
				return p.NotString(^i)
			}
		case '{', '[':
			if depth == MaxDepth {
				return p.TooDeep(i)
			}
			depth++
			closer = c + 2 // in ASCII, for both
			p.open[depth] = closer
			i = Space(b, i+1)
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
			from, form := i, Whole
			if i, form = Number(b, i); i < 0 {
				return p.NotNumber(^i)
			}
			p.Huge = p.Huge || IsVast(b[from:i], form)
		default:
			if i = p.Literal(i); i < 0 {
				return i
			}
		}

		// A value ended at i: close what ends with it, go on to what follows.
		for {
			if depth == base {
				return i
			}
			i = Space(b, i)
			if i < len(b) && b[i] == ',' {
				break
			}
			if i >= len(b) || b[i] != closer {
				return p.NotClosed(i, closer)
			}
			i++
			depth--
			closer = p.open[depth]
		}
		i = Space(b, i+1)
		if closer == '}' {
			if i = p.key(i); i < 0 {
				return i
			}
		}
	}
}

// key proves the key that begins at i and the colon after it, and returns
// where the member's value begins.
func (p *Proof) key(i int) int {
	b := p.Text
	if i = p.Name(i); i < 0 {
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
	return p.Colon(i)
}

// Name proves the key that begins at i and returns the index after its
// closing quote.
func (p *Proof) Name(i int) int {
	if i >= len(p.Text) || p.Text[i] != '"' {
		return p.NotExpected(i, "a key in double quotes")
	}
	if i = String(p.Text, i+1); i < 0 {
		return p.NotString(^i)
	}
	return i
}

// Colon proves the colon after a key that ended at i, and returns where the
// member's value begins.
func (p *Proof) Colon(i int) int {
	i = Space(p.Text, i)
	if i >= len(p.Text) || p.Text[i] != ':' {
		return p.NotExpected(i, "':' after a key")
	}
	return Space(p.Text, i+1)
}

// Literal proves true, false or null.
func (p *Proof) Literal(i int) int {
	const longest = len("false")
	if b := p.Text; i >= 0 && i <= len(b)-longest {
		switch {
		case string(b[i:i+4]) == "null", string(b[i:i+4]) == "true":
			return i + 4
		case string(b[i:i+longest]) == "false":
			return i + longest
		}
	}
	return p.lastLiteral(i)
}

// lastLiteral is Literal for the last bytes of the text, and for what is none.
func (p *Proof) lastLiteral(i int) int {
	for _, want := range []string{"true", "false", "null"} {
		if p.Text[i] != want[0] {
			continue
		}
		if end := i + len(want); end <= len(p.Text) && string(p.Text[i:end]) == want {
			return end
		}
		return p.notLiteral(i, want)
	}
	return p.notValue(i)
}

// Enter opens the container at i, which closer closes. It returns where the
// first element or key begins, or the index after the container and false
// where it is empty.
func (p *Proof) Enter(i int, closer byte) (int, bool) {
	if p.Depth == MaxDepth {
		return p.TooDeep(i), false
	}
	i = Space(p.Text, i+1)
	if i < len(p.Text) && p.Text[i] == closer {
		return i + 1, false
	}
	p.Depth++
	return i, true
}

// Next goes on after an element or member that ended at i: to where the next
// one begins, or, with false, to the index after the container.
func (p *Proof) Next(i int, closer byte) (int, bool) {
	if i < 0 {
		return i, false
	}
	i = Space(p.Text, i)
	switch {
	case i < len(p.Text) && p.Text[i] == ',':
		return Space(p.Text, i+1), true
	case i < len(p.Text) && p.Text[i] == closer:
		p.Depth--
		return i + 1, false
	}
	return p.NotClosed(i, closer), false
}

// First returns the byte at i, or 0 at the end of the text.
func (p *Proof) First(i int) byte {
	if i < len(p.Text) {
		return p.Text[i]
	}
	return 0
}
