package secret

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// Hider hides secrets in texts: those that the user gave, and what is made of
// them, however a text spells them (see package needle). The hider of a run
// knows all of them, that of a client also how to keep texts that hold some:
// see [Hider.Seal]. A nil Hider knows none. Its methods may be called from any
// goroutine.
type Hider struct {
	given  List
	sealer *sealer // nil: of a run
	inURLs List    // passwords in URLs
	memory memory
}

// NewHider returns the hider of a run.
func NewHider(given List) *Hider { return newHider(given, nil) }

// ForClient returns the hider of a client of the run, for which the secrets
// that its auth is made of are secrets too.
func (h *Hider) ForClient(credentials List) *Hider {
	var given List
	if h != nil {
		given = h.given
		h.memory.learn(credentials.texts()...)
	}
	client := newHider(append(slices.Clip(given), credentials...), h)
	client.sealer = newSealer(client.given)
	if h != nil {
		for i, s := range h.inURLs {
			client.Literal("URL "+s.name, s.text)
			client.sealer.derive(fmt.Sprintf("URL %d", i), s.text, true, true)
		}
	}
	return client
}

func newHider(given List, run *Hider) *Hider {
	h := &Hider{given: given}
	if run != nil {
		h.memory.run = &run.memory
	}
	h.memory.begin(given.texts())
	return h
}

// LearnUsers makes the passwords in URLs known, which came with the settings or
// the environment.
func (h *Hider) LearnUsers(inURLs List) {
	h.inURLs = inURLs
	h.memory.learn(inURLs.texts()...)
}

// Set makes a text the secret of a name from now on. The one before stays
// hidden; what was sealed of it is opened as the new one.
func (h *Hider) Set(name, text string) {
	if h == nil || h.sealer.get(name) == text {
		return
	}
	h.memory.learn(text) // before anybody can have it
	h.sealer.set(Text{name, text})
}

// Get returns the secret of a name, "" where there is none.
func (h *Hider) Get(name string) string {
	if h == nil {
		return ""
	}
	return h.sealer.get(name)
}

func same(text string) string { return text }

// In reports whether a text holds a secret.
func (h *Hider) In(text string) bool { return h.InBody([]byte(text)) }

// InBody reports whether a body holds a secret.
func (h *Hider) InBody(body []byte) bool {
	if h == nil {
		return false
	}
	k := h.memory.now()
	return k.lasting.In(body) || k.passing != nil && k.passing.In(body)
}

// Finder finds the lasting secrets, in a body that is read in pieces.
func (h *Hider) Finder() *needle.Finder {
	if h == nil {
		return nil
	}
	return h.memory.now().lasting
}

// Redact returns a text from outside, a URL or a piece of an answer, with ***
// in the place of every secret.
func (h *Hider) Redact(text string) string { return h.redact(text, false) }

// Quote returns a text from outside as messages quote it: redacted, and cut off
// where it is long.
func (h *Hider) Quote(text string) string { return Clip(h.Redact(text)) }

// Clip cuts a long text off for a message.
func Clip(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// Line returns a line of the program's own without secrets in it. What it has
// from outside is redacted already, so a secret that is a word stays: it is
// likely the program's.
func (h *Hider) Line(text string) string { return h.redact(text, true) }

func (h *Hider) redact(text string, words bool) string {
	text = withoutUsers(text)
	if h == nil {
		return text
	}
	k := h.memory.now()
	return k.redactCut(k.replace(text, func(m needle.Match) string {
		if words && m.Of >= 0 && k.words[m.Of] && !m.Code {
			return text[m.Start:m.End]
		}
		return hidden
	}, same))
}

// Message returns a message of the program's own without secrets in it: what
// stands in quotes, and URLs, are from outside.
func (h *Hider) Message(text string) string {
	if h == nil {
		return text
	}
	text = h.Line(text) // a secret may have quotes in it
	var out strings.Builder
	for text != "" {
		from, to := quoted(text)
		out.WriteString(text[:from])
		out.WriteString(h.Redact(text[from:to]))
		text = text[to:]
	}
	return out.String()
}

// quoted returns where the first part of a message is that quotes something:
// what stands between quotes or backticks, or a URL. A quote that is quoted
// itself, '"', begins nothing.
func quoted(text string) (from, to int) {
	from = len(text)
	for i, c := range []byte(text) {
		if c == '`' || c == '"' && !(i > 0 && text[i-1] == '\'' && strings.HasPrefix(text[i+1:], "'")) {
			from = i
			break
		}
	}
	if at := strings.Index(text[:from], "://"); at >= 0 {
		end := strings.IndexAny(text[at:], " \n")
		if end < 0 {
			end = len(text) - at
		}
		return strings.LastIndexByte(text[:at], ' ') + 1, at + end
	}
	for to = from + 1; to < len(text); to++ {
		switch {
		case text[to] == '\\' && text[from] == '"':
			to++
		case text[to] == text[from]:
			return from, to + 1
		}
	}
	return from, len(text)
}
