package secret

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/needle"
)

// sealMark begins what Seal puts in the place of a secret.
const sealMark = "{secret"

// The marks of a secret that is known by its template, and of a text that is
// kept encrypted.
const (
	derivedMark   = sealMark + "-of:"
	encryptedMark = sealMark + "-text:"
)

// escapings are the ways in which a secret stands in a text, each under the
// mark that says so.
var escapings = []struct {
	mark   string
	escape func(string) string
}{
	{sealMark + ":", func(s string) string { return s }},
	{sealMark + "-query:", url.QueryEscape},
	{sealMark + "-path:", url.PathEscape},
}

// sealer puts marks in the place of secrets, and today's secrets in the place
// of marks.
type sealer struct {
	numbered List // with their common spellings behind them: marks refer to the numbers
	short    List // likewise, without those that are looked for
	marks    map[string]string
	key      func() []byte // of what is encrypted
	lasting  bool          // the key is that of the next run, too

	mu      sync.RWMutex
	derived []derived
}

// derived is a text that is made of secrets, or that stands as one in the
// definition, and its mark.
type derived struct {
	pair
	literal bool
	key     func() []byte
}

func newSealer(given List) *sealer {
	s := &sealer{numbered: withSpellings(given), marks: map[string]string{}}
	s.short = make(List, len(s.numbered))
	for i, secret := range s.numbered {
		if len(given[spelledBy(i, len(given))].text) < shortestSecret {
			s.short[i] = secret
		}
	}
	for _, pair := range s.numbered.pairs() {
		if _, twice := s.marks[pair.text]; !twice {
			s.marks[pair.text] = pair.mark
		}
	}
	all := joined(given)
	s.lasting = all != ""
	s.key = keyOf(cmp.Or(all, rand.Text())) // nobody gave a secret: this run alone opens what it seals
	return s
}

func joined(all List) string {
	var b strings.Builder
	for _, s := range all {
		if s.text != "" {
			fmt.Fprintf(&b, "%d:%s,", len(s.text), s.text)
		}
	}
	return b.String()
}

// keyOf makes a key of secrets, once it is asked for.
func keyOf(secrets string) func() []byte {
	return sync.OnceValue(func() []byte {
		// Slow on purpose: who has the state shall not try out passwords.
		const rounds, size = 1 << 16, 32
		key, err := pbkdf2.Key(sha256.New, secrets, []byte("tap-rest: sealed text"), rounds, size)
		if err != nil {
			panic("sources: PBKDF2: " + err.Error()) // its parameters are well
		}
		return key
	})
}

// derive gives a text a mark of its own, which depends on the template that
// makes it, or on the place where it stands, and not on the text.
func (s *sealer) derive(source, text string, literal bool) {
	sum := sha256.Sum256([]byte(source))
	d := derived{pair: pair{text, derivedMark + hex.EncodeToString(sum[:8]) + "}"}, literal: literal, key: keyOf(text)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.derived, func(other derived) bool { return other.pair == d.pair }) {
		return
	}
	s.derived = append(s.derived, d)
	slices.SortStableFunc(s.derived, func(a, b derived) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.mark, b.mark))
	})
}

func (s *sealer) findDerived(is func(derived) bool) (derived, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := slices.IndexFunc(s.derived, is); i >= 0 {
		return s.derived[i], true
	}
	return derived{}, false
}

// mark is what stands for a spelling of a secret.
func (s *sealer) mark(spelled, secret string) string {
	if mark, ok := s.marks[spelled]; ok {
		return mark
	}
	if d, ok := s.findDerived(func(d derived) bool { return d.text == spelled }); ok {
		return d.mark
	}
	d, found := s.findDerived(func(d derived) bool { return d.text == secret })
	if s.lasting || !found {
		return encryptedMark + encrypt(spelled, s.key()) + "}"
	}
	id := strings.TrimSuffix(strings.TrimPrefix(d.mark, derivedMark), "}")
	return encryptedMark + id + "." + encrypt(spelled, d.key()) + "}"
}

// encrypt makes a text that can be opened as long as the secrets are the same.
// The same text comes out the same: walks compare what names their next pages.
func encrypt(text string, key []byte) string {
	gcm := newGCM(key)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	nonce := mac.Sum(nil)[:gcm.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, []byte(text), nil))
}

// decrypt opens an encrypted mark.
func (s *sealer) decrypt(mark string) (string, bool) {
	sealed, key := strings.TrimSuffix(strings.TrimPrefix(mark, encryptedMark), "}"), s.key
	if id, text, found := strings.Cut(sealed, "."); found {
		d, _ := s.findDerived(func(d derived) bool { return d.mark == derivedMark+id+"}" })
		sealed, key = text, d.key
	}
	if key == nil {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	gcm := newGCM(key())
	if err != nil || len(raw) < gcm.NonceSize() {
		return "", false
	}
	text, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], nil)
	return string(text), err == nil
}

func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("sources: AES: " + err.Error()) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("sources: GCM: " + err.Error())
	}
	return gcm
}

// Seal returns text with every secret in it replaced by a mark, so that it may
// be kept; [Hider.Open] puts today's secrets in their places. It reports false
// where text already holds such a mark: then it cannot be kept.
func (h *Hider) Seal(text string) (string, bool) {
	if strings.Contains(text, sealMark) {
		return "", false
	}
	if h == nil {
		return text, true
	}
	k := h.knows.Load()
	sealed := k.replace(text, func(m needle.Match) string {
		return h.sealer.mark(text[m.Start:m.End], k.secret(m))
	}, h.sealer.sealShort)
	return sealed, true
}

// secret is the secret that was found, "" for one that only passes.
func (k *knowledge) secret(m needle.Match) string {
	if m.Of < 0 {
		return ""
	}
	return k.texts[m.Of]
}

// sealShort seals secrets that are too short to be looked for elsewhere.
func (s *sealer) sealShort(text string) string {
	sealed, _ := s.short.Seal(text)
	return sealed
}

// Digest returns text with every secret in it replaced by what does not depend
// on it: to tell requests apart, and find them again when secrets are others.
// It reports false where that cannot be done.
func (h *Hider) Digest(text string) (string, bool) {
	if h == nil {
		return text, !strings.Contains(text, sealMark)
	}
	sealed, ok := h.sealer.numbered.Seal(text)
	h.sealer.mu.RLock()
	defer h.sealer.mu.RUnlock()
	for _, d := range h.sealer.derived {
		if !d.literal { // that is the same as long as the definition is
			sealed = strings.ReplaceAll(sealed, d.text, d.mark)
		}
	}
	return sealed, ok
}

// Open undoes Seal, with the secrets of this run. It reports false where what
// was sealed is no longer known.
func (h *Hider) Open(text string) (string, bool) {
	if !strings.Contains(text, sealMark) {
		return text, true
	}
	if h == nil {
		return text, false
	}
	open := true
	text = marks.ReplaceAllStringFunc(text, func(mark string) string {
		secret, ok := h.sealer.open(mark)
		open = open && ok
		return secret
	})
	return text, open
}

func (s *sealer) open(mark string) (string, bool) {
	switch {
	case strings.HasPrefix(mark, encryptedMark):
		return s.decrypt(mark)
	case strings.HasPrefix(mark, derivedMark):
		d, ok := s.findDerived(func(d derived) bool { return d.mark == mark })
		return d.text, ok
	}
	text := s.numbered.Open(mark)
	return text, text != mark
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

// pair is a spelling of a secret and its mark.
type pair struct{ text, mark string }

// pairs are the spellings of the secrets, in the order in which they are to be
// replaced.
func (s List) pairs() (all []pair) {
	for _, i := range s.longestFirst() {
		if s[i].text == "" {
			continue
		}
		for _, e := range escapings {
			all = append(all, pair{e.escape(s[i].text), e.mark + strconv.Itoa(i) + "}"})
		}
	}
	return all
}

// Seal returns text with the secrets in it, as they are and as URLs write them,
// replaced by marks with their numbers. It reports false where text already
// holds such a mark.
func (s List) Seal(text string) (string, bool) {
	if strings.Contains(text, sealMark) {
		return "", false
	}
	var all []string
	for _, p := range s.pairs() {
		all = append(all, p.text, p.mark)
	}
	return strings.NewReplacer(all...).Replace(text), true
}

// Open undoes Seal, with the secrets of this run.
func (s List) Open(text string) string {
	if !strings.Contains(text, sealMark) {
		return text
	}
	var pairs []string
	for i, secret := range s {
		for _, e := range escapings {
			pairs = append(pairs, e.mark+strconv.Itoa(i)+"}", e.escape(secret.text))
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// marks matches what Seal puts in the place of a secret.
var marks = regexp.MustCompile(`\{secret(?:-query|-path)?:\d+\}|\{secret-(?:of|text):[\w.-]+\}`)

// HideMarks returns a sealed text for people: *** in the place of each mark.
func HideMarks(text string) string { return marks.ReplaceAllString(text, hidden) }
