//go:build !small

package protobuf

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// scalars writes the values that are no messages, as far as a record has room for them.
type scalars struct {
	buf   []byte // the record
	start int    // of it in dst
}

// scalar appends a value that is no message.
func (w *scalars) scalar(dst []byte, f *field, v uint64) ([]byte, error) {
	switch f.kind {
	case protoreflect.BoolKind:
		return strconv.AppendBool(dst, v != 0), nil
	case protoreflect.EnumKind:
		return f.names.append(dst, int32(v)), nil
	case protoreflect.FloatKind:
		return appendFloat(dst, float64(math.Float32frombits(uint32(v))), 32), nil
	case protoreflect.DoubleKind:
		return appendFloat(dst, math.Float64frombits(v), 64), nil
	case protoreflect.StringKind:
		return w.text(dst, unpackSpan(v))
	case protoreflect.BytesKind:
		return w.base64(dst, unpackSpan(v))
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(dst, normal(f.kind, v), 10), nil
	}
	return strconv.AppendInt(dst, int64(normal(f.kind, v)), 10), nil
}

// normal returns the value of an integer: those of 32 bits are cut to these.
func normal(k protoreflect.Kind, v uint64) uint64 {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		return uint64(int64(int32(v)))
	case protoreflect.Sint32Kind:
		return uint64(int64(int32(protowire.DecodeZigZag(v & math.MaxUint32))))
	case protoreflect.Sint64Kind:
		return uint64(protowire.DecodeZigZag(v))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return uint64(uint32(v))
	case protoreflect.BoolKind:
		return min(v, 1)
	}
	return v
}

// text appends a string.
func (w *scalars) text(dst []byte, s span) ([]byte, error) {
	if err := w.isText(s); err != nil {
		return dst, err
	}
	b := s.of(w.buf)
	if err := w.room(dst, len(b)); err != nil {
		return dst, wrong(s.from, "%w", err)
	}
	const worst = 6 // bytes of an escape
	if len(b) > file.MaxRecord/worst {
		if err := w.room(dst, escaped(b)); err != nil {
			return dst, wrong(s.from, "%w", err)
		}
	}
	return appendText(dst, b), nil
}

func (w *scalars) base64(dst []byte, s span) ([]byte, error) {
	b := s.of(w.buf)
	if err := w.room(dst, base64.StdEncoding.EncodedLen(len(b))); err != nil {
		return dst, wrong(s.from, "%w", err)
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"'), nil
}

// replaced says what is wrong with a value that another one replaces.
func (w *scalars) replaced(f *field, old *slot) error {
	if old.first == 0 || f.kind != protoreflect.StringKind {
		return nil
	}
	return w.isText(unpackSpan(old.value))
}

func (w *scalars) isText(s span) error {
	if b := s.of(w.buf); !utf8.Valid(b) {
		return wrong(s.from+raw.ValidUTF8(b), "the text is not UTF-8")
	}
	return nil
}

// room says that a record becomes too long with n bytes more.
func (w *scalars) room(dst []byte, n int) error {
	if len(dst)-w.start+n > file.MaxRecord {
		return fmt.Errorf("the record becomes longer than a record may be (%d bytes of JSON)", file.MaxRecord)
	}
	return nil
}

// appendFloat appends a float as encoding/json does; what JSON does not have is null.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	abs := math.Abs(f)
	tiny, huge := abs < 1e-6, abs >= 1e21
	if bits == 32 {
		tiny, huge = float32(abs) < 1e-6, float32(abs) >= 1e21
	}
	if abs == 0 || !tiny && !huge {
		return strconv.AppendFloat(dst, f, 'f', -1, bits)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && (dst[n-3] == '-' || dst[n-3] == '+') && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 becomes e-9
		dst = dst[:n-1]
	}
	return dst
}

// appendText appends a JSON string of text in UTF-8.
func appendText(dst, s []byte) []byte {
	return append(file.AppendEscaped(append(dst, '"'), s), '"')
}

// escaped is how long text becomes between its quotes.
func escaped(s []byte) int {
	n := len(s)
	var b [8]byte
	for _, c := range s {
		if !file.Plain(c) {
			n += len(file.AppendEscape(b[:0], c)) - 1
		}
	}
	return n
}
