package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// Seal returns text with every secret in it replaced by a mark, so that it may
// be kept; [Hider.Open] puts today's secrets in their places. It reports false
// where text already holds such a mark: then it cannot be kept.
func (h *Hider) Seal(text string) (string, bool) { return seal(h, text, (*sealer).mark) }

// Keep is Seal for a text that is to be read again, by a run that may not have logged
// in: where that knows no secret of today in the place of one that a login gave, Open
// puts back what stood there.
func (h *Hider) Keep(text string) (string, bool) { return seal(h, text, (*sealer).keep) }

// seal puts what mark makes in the place of each secret.
func seal(h *Hider, text string, mark func(s *sealer, spelled, secret string) string) (string, bool) {
	if strings.Contains(text, sealMark) {
		return "", false
	}
	if h == nil {
		return text, true
	}
	k := h.memory.now()
	named, _ := h.sealer.registers()
	sealed := k.replace(text, func(m needle.Match) string {
		secret := "" // one that only passes
		if m.Of >= 0 {
			secret = k.texts[m.Of]
		}
		return mark(h.sealer, text[m.Start:m.End], secret)
	}, named.short.Replace)
	return sealed, true
}

// Open undoes Seal and Keep, with the secrets of this run. It reports false where what
// was sealed is no longer known.
func (h *Hider) Open(text string) (string, bool) {
	if !strings.Contains(text, sealMark) {
		return text, true
	}
	if h == nil {
		return text, false
	}
	open := true
	text = marks().ReplaceAllStringFunc(text, func(mark string) string {
		secret, former, ok := h.sealer.open(mark)
		if former != "" {
			h.memory.learn(former)
		}
		open = open && ok
		return secret
	})
	return text, open
}

// Digest returns text with every secret in it replaced by what does not depend
// on it: to tell requests apart, and find them again when secrets are others.
// former asks for the text as a version made it that numbered secrets. Digest
// reports false where it cannot be done.
func (h *Hider) Digest(text string, former bool) (string, bool) {
	if h == nil || strings.Contains(text, sealMark) {
		return text, h == nil
	}
	register, numbered := h.sealer.registers()
	if former {
		register = numbered()
	}
	sealed := register.all.Replace(text)
	h.sealer.mu.RLock()
	defer h.sealer.mu.RUnlock()
	for _, d := range h.sealer.derived {
		if !d.literal { // that is the same as long as the definition is
			sealed = strings.ReplaceAll(sealed, d.text, d.mark)
		}
	}
	return sealed, true
}

// ErrSealed says that something was sealed with other secrets.
var ErrSealed = errors.New("it was sealed with secrets that are no longer the ones in use")

// SealValue makes a value of an answer fit to be kept in a state. Texts are
// sealed as what they say, not as JSON writes it, so that any other secret fits
// in the place of this one.
func (h *Hider) SealValue(v expr.Value) (json.RawMessage, error) {
	if v.Kind() != expr.KindString {
		raw := v.AppendJSON(nil)
		if h.InBody(raw) {
			return nil, fmt.Errorf("holds a secret and cannot be kept: %s", h.Quote(string(raw)))
		}
		return raw, nil
	}
	sealed, ok := h.Seal(v.Text())
	if !ok || !utf8.ValidString(v.Text()) {
		return nil, fmt.Errorf("cannot be kept: %s", h.Quote(v.Text()))
	}
	return expr.String(sealed).AppendJSON(nil), nil
}

// OpenValue undoes SealValue. Its error is [ErrSealed].
func (h *Hider) OpenValue(v expr.Value) (expr.Value, error) {
	if v.Kind() != expr.KindString {
		return v, nil
	}
	text, ok := h.Open(v.Text())
	if !ok {
		return v, ErrSealed
	}
	return expr.String(text), nil
}
