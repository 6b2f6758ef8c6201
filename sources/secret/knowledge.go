package secret

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// memory is what a hider knows, which grows. What that of a client learns, that of the
// run learns too.
type memory struct {
	run   *memory    // of a client: the run's
	mu    sync.Mutex // held to learn
	knows atomic.Pointer[knowledge]
}

// begin makes known what the user gave, which the run knows.
func (m *memory) begin(given []string) {
	k := &knowledge{}
	k.add(given...)
	m.knows.Store(k)
}

// now is what is known; it does not change.
func (m *memory) now() *knowledge { return m.knows.Load() }

// learn makes more texts known.
func (m *memory) learn(texts ...string) {
	m.change(func(k *knowledge) bool { return k.add(texts...) })
}

// pass makes a text known that one request alone is made with.
func (m *memory) pass(text string) {
	m.change(func(k *knowledge) bool { return k.pass(text) })
}

// change changes what is known, here and in the run. more reports whether there is
// anything new.
func (m *memory) change(more func(*knowledge) bool) {
	for ; m != nil; m = m.run {
		m.mu.Lock()
		if k := *m.now(); more(&k) {
			m.knows.Store(&k)
		}
		m.mu.Unlock()
	}
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
