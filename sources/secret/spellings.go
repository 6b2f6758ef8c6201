package secret

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// spelling is a common way to write a secret, under the name that marks have
// for it.
type spelling struct {
	name  string
	write func(string) string
}

// spellings are the ways in which answers commonly write secrets: the other ways
// of package needle are rare. Marks of former versions refer to them by their
// places in the list.
var spellings = []spelling{
	{"", func(s string) string { return s }},
	{"-component", component},
	{"-component-lower", func(s string) string { return lowerHex(component(s)) }},
	{"-query-lower", func(s string) string { return lowerHex(url.QueryEscape(s)) }},
	{"-json", jsonText},
	{"-json-slashes", func(s string) string { return strings.ReplaceAll(jsonText(s), "/", `\/`) }},
	{"-html", func(s string) string { return htmlSafe.Replace(jsonText(s)) }},
	{"-html-ascii", func(s string) string { return inASCII(htmlSafe.Replace(jsonText(s))) }},
	{"-json-ascii", func(s string) string { return inASCII(jsonText(s)) }},
}

// escapings are the ways in which any of them stands in a URL.
var escapings = []spelling{
	{"", func(s string) string { return s }},
	{"-query", url.QueryEscape},
	{"-path", url.PathEscape},
}

// component is a text as JavaScript's encodeURIComponent has it.
func component(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

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
