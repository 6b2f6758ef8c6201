package needle

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// shortestCode is the length, in bytes, from which what base64 or hexadecimal
// digits make of a text is looked for: less of it stands in other codes by
// chance.
const shortestCode = 6

// codes are what base64 and hexadecimal digits make of a text. Of base64 it is
// the text alone, and the part that it decides in a longer one.
func codes(text string) []string {
	if text == "" {
		return nil
	}
	all := []string{base64.StdEncoding.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text))}
	for before := range 3 {
		longer := append(make([]byte, before), text...)
		code := base64.RawStdEncoding.EncodeToString(longer)
		const byteBits, digitBits = 8, 6
		all = append(all, code[(byteBits*before+digitBits-1)/digitBits:byteBits*len(longer)/digitBits])
	}
	for _, code := range all {
		all = append(all, urlSafe.Replace(code))
	}
	digits := hex.EncodeToString([]byte(text))
	all = append(all, digits, strings.ToUpper(digits))
	known := map[string]bool{text: true}
	kept := all[:0]
	for _, code := range all {
		if len(code) >= shortestCode && !known[code] {
			known[code] = true
			kept = append(kept, code)
		}
	}
	return kept
}

// urlSafe writes base64 with the alphabet for URLs.
var urlSafe = strings.NewReplacer("+", "-", "/", "_")
