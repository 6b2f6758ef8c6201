package unpack

import (
	"bufio"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

func openBase64(from file.File, _ *sources.Packing, member string) (Files, error) {
	l := &layer{kind: "base64", member: member, in: newInput(from), most: Most}
	// Reads of fewer bytes than a group of characters makes go to a buffer.
	l.text = bufio.NewReaderSize(&base64Reader{in: l.in}, 16<<10)
	source := file.NewSource(l, nil, Most)
	return &one{File: source, close: source.Close}, nil
}

// What a byte is in base64, other than the value of a character.
const (
	notBase64 = 0xff
	white     = 0xfe
	pad       = 0xfd
)

// base64Values has the value of each byte in both alphabets.
var base64Values = func() (values [256]byte) {
	for i := range values {
		values[i] = notBase64
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i := range len(alphabet) {
		values[alphabet[i]] = byte(i)
	}
	values['+'], values['-'], values['/'], values['_'], values['='] = 62, 62, 63, 63, pad
	for _, c := range " \t\r\n" {
		values[c] = white
	}
	return values
}()

// base64Reader reads base64, into at least three bytes.
type base64Reader struct {
	in     *input
	bits   uint32 // of the present group of four characters
	chars  int    // of the group that were read
	padded int    // of the group that are padding
}

func (b *base64Reader) Read(p []byte) (n int, err error) {
	for n+3 <= len(p) {
		text, err := b.in.Peek(max(1, b.in.Buffered()))
		if len(text) == 0 {
			if n > 0 {
				return n, nil
			}
			return b.end(p, err)
		}
		taken, made, bad := b.decode(p[n:], text)
		_, _ = b.in.Discard(taken) // they are there
		if n += made; bad != nil {
			return n, bad
		}
	}
	return n, nil
}

// decode decodes text into p, as far as whole groups fit there.
func (b *base64Reader) decode(p, text []byte) (taken, made int, err error) {
	for i := 0; i < len(text); i++ {
		if b.chars == 0 && b.padded == 0 {
			n := groups(p[made:], text[i:])
			made += n * 3
			if i += n * 4; i == len(text) {
				break
			}
		}
		c := text[i]
		v := base64Values[c]
		switch {
		case v == white:
			continue
		case v == pad && b.padded < 2 && b.chars+b.padded >= 2 && b.chars+b.padded < 4:
			b.padded++
			continue
		case v >= pad || b.padded > 0:
			return i, made, fmt.Errorf("%q is not of base64 there", c)
		}
		if made+3 > len(p) && b.chars == 3 {
			return i, made, nil
		}
		b.bits = b.bits<<6 | uint32(v)
		if b.chars++; b.chars == 4 {
			p[made], p[made+1], p[made+2] = byte(b.bits>>16), byte(b.bits>>8), byte(b.bits)
			made += 3
			b.chars, b.bits = 0, 0
		}
	}
	return len(text), made, nil
}

// groups decodes whole groups of characters, as far as they fit into p, and returns how
// many there were.
func groups(p, text []byte) (n int) {
	for len(text) >= 4 && len(p) >= 3 {
		v0, v1, v2, v3 := base64Values[text[0]], base64Values[text[1]], base64Values[text[2]], base64Values[text[3]]
		if v0|v1|v2|v3 >= 64 {
			break
		}
		p[0], p[1], p[2] = v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3
		text, p = text[4:], p[3:]
		n++
	}
	return n
}

// end decodes the last group, which may have fewer than four characters.
func (b *base64Reader) end(p []byte, err error) (int, error) {
	if err != io.EOF {
		return 0, err
	}
	chars, bits := b.chars, b.bits
	if chars == 1 || b.padded > 0 && chars+b.padded < 4 {
		return 0, io.ErrUnexpectedEOF
	}
	left := bits & (1<<(uint(chars)*6%8) - 1)
	if left != 0 { // an encoder leaves zeros there
		return 0, io.ErrUnexpectedEOF
	}
	b.chars, b.bits, b.padded = 0, 0, 0
	switch chars {
	case 2:
		p[0] = byte(bits >> 4)
		return 1, io.EOF
	case 3:
		p[0], p[1] = byte(bits>>10), byte(bits>>2)
		return 2, io.EOF
	}
	return 0, io.EOF
}
