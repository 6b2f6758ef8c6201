package document

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/nearest"
)

// Unknown returns "unknown key "nxt"; did you mean "next"?", or what is known
// where nothing is near. What is a noun: key, value.
func Unknown(what, name string, known []string) string {
	msg := fmt.Sprintf("unknown %s %q", what, Clip(name))
	if near := nearest.Name(name, known); near != "" {
		return fmt.Sprintf("%s; did you mean %q?", msg, near)
	}
	const most = 60 // names in a message
	switch {
	case len(known) == 0:
		return msg
	case len(known) > most:
		return msg + "; known here: " + strings.Join(known[:most], ", ") + ", …"
	}
	return msg + "; known here: " + strings.Join(known, ", ")
}

// Clip returns text short enough for a message.
func Clip(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
