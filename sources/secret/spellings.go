package secret

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// The numbers of spellings to which marks refer: so many of each secret come
// behind all secrets, and then so many more.
const (
	spellingsFirst = 5
	spellingsLater = 3
)

// withSpellings returns the secrets and, after them, the other ways in which
// answers commonly write them. The order depends on nothing but their number:
// positions refer to it.
func withSpellings(secrets List) List {
	all := slices.Clip(secrets)
	for _, secret := range secrets {
		inJSON := jsonText(secret.text)
		component := strings.ReplaceAll(url.QueryEscape(secret.text), "+", "%20") // JavaScript's encodeURIComponent
		for _, spelling := range [spellingsFirst]string{
			component, lowerHex(component), lowerHex(url.QueryEscape(secret.text)),
			inJSON, strings.ReplaceAll(inJSON, "/", `\/`),
		} {
			all = append(all, Text{spelling})
		}
	}
	for _, secret := range secrets { // behind those that positions may refer to already
		inJSON := jsonText(secret.text)
		forHTML := htmlSafe.Replace(inJSON)
		for _, spelling := range [spellingsLater]string{forHTML, inASCII(forHTML), inASCII(inJSON)} {
			all = append(all, Text{spelling})
		}
	}
	return all
}

// spelledBy returns the number of the secret, of so many, that a spelling of
// withSpellings is of.
func spelledBy(i, secrets int) int {
	if i -= secrets; i < 0 {
		return i + secrets
	}
	if i < spellingsFirst*secrets {
		return i / spellingsFirst
	}
	return (i - spellingsFirst*secrets) / spellingsLater
}

// jsonText is a text as JSON has it between its quotes.
func jsonText(text string) string {
	inJSON := string(expr.String(text).AppendJSON(nil))
	return inJSON[1 : len(inJSON)-1]
}

// htmlSafe writes JSON as Go does unless it is told otherwise.
var htmlSafe = strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`)

// inASCII is a JSON text as Python and PHP write it unless told otherwise.
func inASCII(inJSON string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(inJSON)) {
		if unit < 0x80 {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// lowerHex is a text escaped for URLs with %2f instead of %2F.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := range b {
		if b[i] == '%' && i+2 < len(b) {
			copy(b[i:], bytes.ToLower(b[i:i+3]))
		}
	}
	return string(b)
}
