package tap

import (
	"regexp"
	"strings"
)

// Numbered is a text about a number of things. %s in it is the number, and
// [one|many] is what stands there for one thing, and for another number:
//
//	Numbered(1, "%s [record was|records were] left out") // 1 record was left out
func Numbered(n int64, text string) string {
	chosen := "$2"
	if n == 1 {
		chosen = "$1"
	}
	return strings.ReplaceAll(eitherForm.ReplaceAllString(text, chosen), "%s", count(n))
}

var eitherForm = regexp.MustCompile(`\[([^|\]]*)\|([^|\]]*)\]`)
