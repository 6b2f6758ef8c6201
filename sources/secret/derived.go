package secret

import (
	"slices"
	"strings"
)

// shortestDerived is the length, in bytes, from which what a template makes of
// a secret is one: less of it stands in many texts by chance.
const shortestDerived = 6

// Derive makes a text known that a template makes of secrets: source is the
// piece of the template. A text that is too short is none, and neither is one
// of which nothing is new: what is left of it without the secrets that the user
// gave stands in the template itself.
func (h *Hider) Derive(source, text string) {
	if h.isNew(source, text) {
		derive(h, source, text, false)
	}
}

// Literal makes a text known that stands in the definition, at a place where
// credentials do.
func (h *Hider) Literal(place, text string) {
	if len(text) >= shortestDerived {
		derive(h, place, text, true)
	}
}

func derive(h *Hider, source, text string, literal bool) {
	h.sealer.derive(source, text, literal, false)
	h.memory.learn(text)
}

// Pass makes a text known that a template makes of secrets for one request.
func (h *Hider) Pass(source, text string) {
	if h.isNew(source, text) {
		h.memory.pass(text)
	}
}

// Gave reports whether the user gave that very text as a secret.
func (h *Hider) Gave(text string) bool {
	return h != nil && text != "" && slices.ContainsFunc(h.given, func(t Text) bool { return t.text == text })
}

// isNew reports whether there is more in a text than secrets that the user gave
// and what stands in the piece of a template that makes it.
func (h *Hider) isNew(source, text string) bool {
	if len(text) < shortestDerived {
		return false
	}
	given := slices.DeleteFunc(h.given.texts(), func(secret string) bool { return len(secret) < shortest })
	slices.SortStableFunc(given, func(a, b string) int { return len(b) - len(a) }) // one may begin another
	rest := []string{text}
	for _, secret := range given {
		var parts []string
		for _, part := range rest {
			parts = append(parts, strings.Split(part, secret)...)
		}
		rest = parts
	}
	return slices.ContainsFunc(rest, func(part string) bool { return !strings.Contains(source, part) })
}
