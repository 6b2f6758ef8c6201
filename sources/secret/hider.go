package secret

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// Hider hides secrets in texts: those that the user gave, and what is made of
// them, however a text spells them (see package needle). The hider of a run
// knows all of them, that of a client also how to keep texts that hold some:
// see [Hider.Seal]. A nil Hider knows none. Its methods may be called from any
// goroutine.
type Hider struct {
	given  List
	sealer *sealer    // nil: of a run
	inURLs List       // passwords in URLs
	run    *Hider     // of a client: the run's, which knows what this one learns
	mu     sync.Mutex // held to learn
	knows  atomic.Pointer[knowledge]
}

// knowledge is what a hider looks for. It does not change.
type knowledge struct {
	texts   []string // given, then learned
	words   []bool   // by the number of the text
	lasting *needle.Finder
	passing *needle.Finder // of secrets that one request alone is made with; nil: none
	recent  []string       // these, the latest last
}

// maxPassing is how many secrets that only one request was made with are known:
// those of the latest requests.
const maxPassing = 32

// NewHider returns the hider of a run.
func NewHider(given List) *Hider { return newHider(given, nil) }

// ForClient returns the hider of a client of the run, for which the secrets
// that its auth is made of are secrets too.
func (h *Hider) ForClient(credentials List) *Hider {
	var given List
	if h != nil {
		given = h.given
		h.learn(credentials.texts()...)
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
	h := &Hider{given: given, run: run}
	k := &knowledge{}
	k.add(given.texts()...)
	h.knows.Store(k)
	return h
}

// LearnUsers makes the passwords in URLs known, which came with the settings or
// the environment.
func (h *Hider) LearnUsers(inURLs List) {
	h.inURLs = inURLs
	h.learn(inURLs.texts()...)
}

// Set makes a text the secret of a name from now on. The one before stays
// hidden; what was sealed of it is opened as the new one.
func (h *Hider) Set(name, text string) {
	if h == nil || h.sealer.get(name) == text {
		return
	}
	h.learn(text) // before anybody can have it
	h.sealer.set(Text{name, text})
}

// Get returns the secret of a name, "" where there is none.
func (h *Hider) Get(name string) string {
	if h == nil {
		return ""
	}
	return h.sealer.get(name)
}

// learn makes more texts known.
func (h *Hider) learn(texts ...string) {
	h.know(func(k *knowledge) bool { return k.add(texts...) })
}

// know changes what a hider knows, and what the run's does. more reports whether
// there is anything new.
func (h *Hider) know(more func(*knowledge) bool) {
	for ; h != nil; h = h.run {
		h.mu.Lock()
		if k := *h.knows.Load(); more(&k) {
			h.knows.Store(&k)
		}
		h.mu.Unlock()
	}
}

// add makes texts known, but for those that are too short to be looked for. It
// reports whether any is new.
func (k *knowledge) add(texts ...string) bool {
	before := len(k.texts)
	k.texts, k.words = slices.Clip(k.texts), slices.Clip(k.words)
	for _, text := range texts {
		if len(text) >= shortest && !slices.Contains(k.texts, text) {
			k.texts, k.words = append(k.texts, text), append(k.words, isWord(text))
		}
	}
	if len(k.texts) == before && k.lasting != nil {
		return false
	}
	k.lasting = k.lasting.With(k.texts[before:]...)
	return true
}

// pass makes a text known, for a while.
func (k *knowledge) pass(text string) bool {
	if slices.Contains(k.recent, text) || slices.Contains(k.texts, text) {
		return false
	}
	k.recent = append(slices.Clip(k.recent[max(0, len(k.recent)+1-maxPassing):]), text)
	k.passing = k.passing.WithLatest(text, maxPassing)
	return true
}

// isWord reports whether a secret could be a word of the program's own: a word
// or a few, or a small number.
func isWord(text string) bool {
	const longest, digits = 24, 6
	if strings.Trim(text, "0123456789") == "" {
		return len(text) <= digits
	}
	for i, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', i == 0 && 'A' <= c && c <= 'Z', i > 0 && strings.IndexByte("_- ", c) >= 0:
		default:
			return false
		}
	}
	return len(text) <= longest
}

// next finds the first secret at from or behind it, the longest there.
func (k *knowledge) next(text []byte, from int) (needle.Match, bool) {
	m, ok := k.lasting.Next(text, from)
	if k.passing == nil {
		return m, ok
	}
	other, found := k.passing.Next(text, from)
	if found && (!ok || other.Start < m.Start || other.Start == m.Start && other.End > m.End) {
		other.Of = -1
		return other, true
	}
	return m, ok
}

// replace returns text with what with says in the place of each secret, and
// what rest makes of the texts between.
func (k *knowledge) replace(text string, with func(needle.Match) string, rest func(string) string) string {
	raw := []byte(text)
	var out strings.Builder
	from := 0
	for m, ok := k.next(raw, 0); ok; m, ok = k.next(raw, from) {
		out.WriteString(rest(text[from:m.Start]))
		out.WriteString(with(m))
		from = m.End
	}
	if from == 0 {
		return rest(text)
	}
	out.WriteString(rest(text[from:]))
	return out.String()
}

func same(text string) string { return text }

// In reports whether a text holds a secret.
func (h *Hider) In(text string) bool { return h.InBody([]byte(text)) }

// InBody reports whether a body holds a secret.
func (h *Hider) InBody(body []byte) bool {
	if h == nil {
		return false
	}
	k := h.knows.Load()
	return k.lasting.In(body) || k.passing != nil && k.passing.In(body)
}

// Finder finds the lasting secrets, in a body that is read in pieces.
func (h *Hider) Finder() *needle.Finder {
	if h == nil {
		return nil
	}
	return h.knows.Load().lasting
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
	k := h.knows.Load()
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

// cuts are the signs at which excerpts are cut off.
const cuts = "…`"

// redactCut returns text with *** in the place of parts of secrets that stand
// where an excerpt was cut off.
func (k *knowledge) redactCut(text string) string {
	if !strings.ContainsAny(text, cuts) {
		return text
	}
	var out strings.Builder
	for first := true; ; first = false {
		at := strings.IndexAny(text, cuts)
		part, sign := text, ""
		if at >= 0 {
			part = text[:at]
			for _, r := range text[at:] {
				sign = string(r)
				break
			}
		}
		out.WriteString(k.redactPart(part, !first, at >= 0))
		if at < 0 {
			return out.String()
		}
		out.WriteString(sign)
		text = text[at+len(sign):]
	}
}

// redactPart redacts a part of a text of which more may have been cut off at
// the sides said.
func (k *knowledge) redactPart(part string, before, after bool) string {
	for _, f := range []*needle.Finder{k.lasting, k.passing} {
		if f == nil {
			continue
		}
		if before {
			if n := f.Begins([]byte(part)); n > 0 {
				part = hidden + part[n:]
			}
		}
		if after {
			if n := f.Ends([]byte(part)); n > 0 {
				part = part[:len(part)-n] + hidden
			}
		}
	}
	return part
}
