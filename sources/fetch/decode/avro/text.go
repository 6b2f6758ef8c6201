//go:build !small

package avro

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// appendText appends a JSON string.
func appendText(dst, s []byte, limit int) ([]byte, error) {
	if plain(s) {
		dst = append(append(dst, '"'), s...)
		return append(dst, '"'), nil
	}
	if !utf8.Valid(s) {
		return dst, notUTF8(s)
	}
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = file.AppendEscape(append(dst, s[from:i]...), c)
		from = i + 1
		if len(dst) > limit {
			return dst, errHuge
		}
	}
	return append(append(dst, s[from:]...), '"'), nil
}

// plain reports whether s is ASCII without anything to escape. It looks at eight
// bytes at once.
func plain(s []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		w := binary.LittleEndian.Uint64(s)
		quotes, slashes := w^ones*'"', w^ones*'\\'
		if (w|(w-ones*' ')|(quotes-ones)|(slashes-ones))&tops != 0 {
			return false
		}
		s = s[8:]
	}
	for _, c := range s {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// notUTF8 says where s is no text.
func notUTF8(s []byte) error {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Errorf("byte %d of a string is 0x%02x, which is no UTF-8", i, s[i])
		}
		i += n
	}
	return errors.New("a string is no UTF-8")
}

// appendBase64 appends bytes.
func appendBase64(dst, b []byte, limit int) ([]byte, error) {
	if len(dst)+base64.StdEncoding.EncodedLen(len(b)) > limit {
		return dst, errHuge
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"'), nil
}
