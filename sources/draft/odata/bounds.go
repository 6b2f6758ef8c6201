package odata

import (
	"encoding/xml"
	"fmt"
)

// Limits of a document, beyond those of its bytes. Large services have some 400,000 elements,
// types with a thousand properties, and bases some ten deep.
const (
	mostElements = 2_000_000 // and attributes
	mostNested   = 200
	mostBases    = 60
	mostOfType   = 5_000 // properties, with those of its bases
	mostOfAll    = 1_000_000
	mostOfKey    = 50
	mostNameless = 20
	lessOfIt     = "take the parts out that are not needed"
)

// bounded hands out the tokens of a document up to its limits.
type bounded struct {
	*xml.Decoder
	depth, n int
}

// Token returns the next token.
func (b *bounded) Token() (xml.Token, error) {
	token, err := b.Decoder.RawToken()
	switch t := token.(type) {
	case xml.StartElement:
		b.depth++
		b.n += 1 + len(t.Attr)
	case xml.EndElement:
		b.depth--
	}
	switch {
	case err != nil:
		return token, err
	case b.depth > mostNested:
		return nil, tooMuch(fmt.Sprintf("nested deeper than %d", mostNested))
	case b.n > mostElements:
		return nil, tooMuch(fmt.Sprintf("more than %d elements and attributes", mostElements))
	}
	return token, nil
}

type tooMuch string

func (t tooMuch) Error() string { return string(t) + ": " + lessOfIt }
