package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is how many columns a text takes on a terminal: none for marks that stand on
// another character, two for wide ones, as those of Chinese.
func Width(text string) (n int) {
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300: // Latin has neither
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Clip is a text cut to so many columns; the last of them says that something is cut off.
func Clip(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	if columns <= 0 {
		return ""
	}
	var b strings.Builder
	used := 0
	for _, r := range text {
		w := runeWidth(r)
		if used+w > columns-1 {
			break
		}
		used += w
		b.WriteRune(r)
	}
	return b.String() + "…"
}
