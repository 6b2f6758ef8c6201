package secret

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/needle"
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
		h.derive(source, text, false)
	}
}

// Literal makes a text known that stands in the definition, at a place where
// credentials do.
func (h *Hider) Literal(place, text string) {
	if len(text) >= shortestDerived {
		h.derive(place, text, true)
	}
}

func (h *Hider) derive(source, text string, literal bool) {
	h.sealer.derive(source, text, literal)
	h.learn(List{{text}})
	if h.run != nil {
		h.run.learn(List{{text}})
	}
}

// Pass makes a text known that a template makes of secrets for one request.
func (h *Hider) Pass(source, text string) {
	if !h.isNew(source, text) {
		return
	}
	h.pass(text)
	if h.run != nil {
		h.run.pass(text)
	}
}

func (h *Hider) pass(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.knows.Load()
	if slices.Contains(old.recent, text) || slices.Contains(old.texts, text) {
		return
	}
	k := *old
	k.recent = append(slices.Clone(old.recent[max(0, len(old.recent)+1-maxPassing):]), text)
	k.passing = needle.New(k.recent)
	h.knows.Store(&k)
}

// Gave reports whether the user gave that very text as a secret.
func (h *Hider) Gave(text string) bool {
	return h != nil && text != "" && slices.Contains(h.given, Text{text})
}

// isNew reports whether there is more in a text than secrets that the user gave
// and what stands in the piece of a template that makes it.
func (h *Hider) isNew(source, text string) bool {
	if len(text) < shortestDerived {
		return false
	}
	rest := []string{text}
	for _, i := range h.given.longestFirst() {
		secret := h.given[i].text
		if len(secret) < shortestSecret {
			continue
		}
		var parts []string
		for _, part := range rest {
			parts = append(parts, strings.Split(part, secret)...)
		}
		rest = parts
	}
	return slices.ContainsFunc(rest, func(part string) bool { return !strings.Contains(source, part) })
}
