package secret

import (
	"log/slog"
	"slices"
)

// Text is text that never appears in a log, an error or a state: however it
// is printed, it prints ***. Reveal is the only way to the text.
type Text struct{ text string }

const hidden = "***"

// New returns the text as a secret.
func New(text string) Text { return Text{text} }

// Reveal returns the text.
func (s Text) Reveal() string { return s.text }

// String returns ***.
func (s Text) String() string { return hidden }

// GoString returns ***.
func (s Text) GoString() string { return hidden }

// MarshalJSON returns "***".
func (s Text) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue returns ***.
func (s Text) LogValue() slog.Value { return slog.StringValue(hidden) }

// shortestSecret is the length, in bytes, from which a secret is looked for in
// texts: a shorter one would blot out half of every message.
const shortestSecret = 4

// List are all secrets of a run.
type List []Text

// Redact returns a text from outside with *** in the place of every secret,
// however it is spelled.
func (s List) Redact(text string) string { return NewHider(s).Redact(text) }

// longestFirst returns the indexes of the secrets in the order in which they
// are to be replaced: one that begins another would leave its rest in sight.
func (s List) longestFirst() []int {
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(s[b].text) - len(s[a].text) })
	return order
}

// In reports whether text holds one of the secrets, however it is spelled.
func (s List) In(text string) bool { return NewHider(s).In(text) }
