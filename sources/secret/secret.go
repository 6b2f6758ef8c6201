package secret

import (
	"log/slog"
)

// Text is text that never appears in a log, an error or a state: however it
// is printed, it prints ***. Reveal is the only way to the text.
type Text struct{ name, text string }

const hidden = "***"

// New returns the text as the secret of a name: marks in states and journals
// refer to it so. The name of a setting is its JSON pointer.
func New(name, text string) Text { return Text{name, text} }

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

// shortest is the length, in bytes, from which a secret is looked for in
// texts: a shorter one would blot out half of every message.
const shortest = 4

// List are all secrets of a run.
type List []Text

// Under returns the secrets under names that begin so.
func (l List) Under(prefix string) List {
	named := make(List, len(l))
	for i, s := range l {
		named[i] = Text{prefix + s.name, s.text}
	}
	return named
}

// texts returns the texts.
func (l List) texts() []string {
	texts := make([]string, len(l))
	for i, s := range l {
		texts[i] = s.text
	}
	return texts
}
