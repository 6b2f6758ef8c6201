package needle

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// shortestCode is the length, in bytes, from which what base64 or hexadecimal
// digits make of a text is looked for: less of it stands in other codes by
// chance.
const shortestCode = 6

// codes are what base64 and hexadecimal digits make of a text, and what base64
// makes of it where it is escaped for a URL: a cursor that holds a URL.
func codes(text string) []string {
	if text == "" {
		return nil
	}
	digits := hex.EncodeToString([]byte(text))
	all := append(base64Codes(text), digits, strings.ToUpper(digits))
	all = append(all, base64Codes(url.QueryEscape(text))...)
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

// base64Codes are what base64 makes of a text: of it alone, and the part that
// it decides in a longer one.
func base64Codes(text string) []string {
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
	return all
}

// urlSafe writes base64 with the alphabet for URLs.
var urlSafe = strings.NewReplacer("+", "-", "/", "_")
