package secret

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// sealMark begins what Seal puts in the place of a secret.
const sealMark = "{secret"

// The marks of a secret that is known by its template, and of a text that is
// kept encrypted.
const (
	derivedMark   = sealMark + "-of:"
	encryptedMark = sealMark + "-text:"
)

// A mark that begins so is that of a secret by its name, with what it was behind
// keptText, encrypted.
const (
	keptMark = sealMark + "-was"
	keptText = "%~"
)

// marks matches what Seal puts in the place of a secret.
var marks = pattern.New(`\{secret(?:-[a-z]+)*:[\w.~/%-]+\}`)

// HideMarks returns a sealed text for people: *** in the place of each mark.
func HideMarks(text string) string { return marks().ReplaceAllString(text, hidden) }

// marked is a text and its mark.
type marked struct{ text, mark string }

// derived is a text that is made of secrets, or that stands as one in the
// definition, and its mark.
type derived struct {
	marked
	literal bool
	former  bool // by such a mark a former version knew it
	key     func() []byte
}

// sealer puts marks in the place of secrets, and today's secrets in the place
// of marks.
type sealer struct {
	key     func() []byte     // of what is encrypted
	lasting bool              // the key is that of the next run, too
	id      [sha256.Size]byte // of the secrets that the key is made of

	mu       sync.RWMutex
	today    List
	before   List // what they were earlier in this run
	counted  int  // the first of today, to which former versions referred by numbers
	named    *register
	numbered func() *register
	derived  []derived
}

func newSealer(given List) *sealer {
	all := joined(given)
	s := &sealer{lasting: all != "", id: sha256.Sum256([]byte(all)), counted: len(given), today: given}
	s.key = keyOf(cmp.Or(all, rand.Text())) // nobody gave a secret: this run alone opens what it seals
	s.enter()
	return s
}

// set changes a secret, or adds one.
func (s *sealer) set(one Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	today := slices.Clone(s.today)
	if i := s.find(one.name); i < 0 {
		today = append(today, one)
	} else {
		s.before, today[i] = append(s.before, today[i]), one
	}
	s.today = today
	s.enter()
}

func (s *sealer) get(name string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := s.find(name); i >= 0 {
		return s.today[i].text
	}
	return ""
}

func (s *sealer) find(name string) int {
	return slices.IndexFunc(s.today, func(t Text) bool { return t.name == name })
}

// enter makes the registers of the secrets. What was one before is sealed under
// its name, too, and opened as what it is today.
func (s *sealer) enter() {
	today, counted := s.today, s.today[:s.counted]
	s.named = newRegister(today, s.before, false)
	s.numbered = sync.OnceValue(func() *register { return newRegister(counted, nil, true) })
}

// register has the marks of secrets in their common spellings.
type register struct {
	marks map[string]string // by the texts
	texts map[string]string // by the marks
	all   *strings.Replacer // puts marks in the place of texts
	short *strings.Replacer // likewise, of secrets that are not looked for
}

// newRegister returns the register of secrets. What is one no more has a mark,
// but is not what the mark stands for. The marks of former versions have numbers.
func newRegister(today, before List, former bool) *register {
	type line struct {
		Text
		spelled, how, of string
		today            bool
	}
	var lines []line
	secrets := slices.Concat(today, before)
	for number := range len(secrets) * len(spellings) {
		i, spelled := ofNumber(number, len(secrets))
		l := line{secrets[i], spellings[spelled].write(secrets[i].text), spellings[spelled].name, secrets[i].markName(), i < len(today)}
		if former {
			l.how, l.of = "", strconv.Itoa(number)
		}
		lines = append(lines, l)
	}
	// One that begins another would leave its rest in sight.
	slices.SortStableFunc(lines, func(a, b line) int { return len(b.spelled) - len(a.spelled) })
	r := &register{marks: map[string]string{}, texts: map[string]string{}}
	var all, short []string
	for _, l := range lines {
		for _, e := range escapings {
			text, mark := e.write(l.spelled), sealMark+l.how+e.name+":"+l.of+"}"
			if l.text == "" {
				continue
			}
			if all = append(all, text, mark); len(l.text) < shortest {
				short = append(short, text, mark)
			}
			if _, twice := r.marks[text]; !twice {
				r.marks[text] = mark
			}
			if _, twice := r.texts[mark]; !twice && l.today {
				r.texts[mark] = text
			}
		}
	}
	r.all, r.short = strings.NewReplacer(all...), strings.NewReplacer(short...)
	return r
}

// ofNumber says what a number in a mark is of: which of so many secrets, and
// which of the spellings. Those that came later stand behind those that were
// there.
func ofNumber(number, secrets int) (secret, spelled int) {
	const first, second = 5, 3
	switch behind := number - secrets; {
	case behind < 0:
		return number, 0
	case behind < first*secrets:
		return behind / first, 1 + behind%first
	default:
		behind -= first * secrets
		return behind / second, 1 + first + behind%second
	}
}

// markName is a secret's name as it stands in marks.
func (s Text) markName() string {
	var b strings.Builder
	for _, c := range []byte(s.name) {
		if '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || strings.IndexByte("_.~/-", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// derive gives a text a mark of its own, which depends on the template that
// makes it, or on the place where it stands, and not on the text.
func (s *sealer) derive(source, text string, literal, former bool) {
	sum := sha256.Sum256([]byte(source))
	d := derived{marked{text, derivedMark + hex.EncodeToString(sum[:8]) + "}"}, literal, former, keyOf(text)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.derived, func(other derived) bool { return other.marked == d.marked }) {
		return
	}
	s.derived = append(s.derived, d)
	slices.SortStableFunc(s.derived, func(a, b derived) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.mark, b.mark))
	})
}

// derivedFrom returns what has the mark, or the text; the other one is "".
func (s *sealer) derivedFrom(one marked) (derived, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := slices.IndexFunc(s.derived, func(d derived) bool {
		return d.mark == one.mark || d.text == one.text && !d.former
	})
	if i < 0 {
		return derived{}, false
	}
	return s.derived[i], true
}

// registers returns the marks of today, and those of former versions.
func (s *sealer) registers() (named *register, numbered func() *register) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.named, s.numbered
}

// mark is what stands for a spelling of a secret.
func (s *sealer) mark(spelled, secret string) string {
	named, _ := s.registers()
	if mark, ok := named.marks[spelled]; ok {
		return mark
	}
	if d, ok := s.derivedFrom(marked{text: spelled}); ok {
		return d.mark
	}
	d, found := s.derivedFrom(marked{text: secret})
	if s.lasting || !found {
		return encryptedMark + encrypt(spelled, s.key()) + "}"
	}
	id := strings.TrimSuffix(strings.TrimPrefix(d.mark, derivedMark), "}")
	return encryptedMark + id + "." + encrypt(spelled, d.key()) + "}"
}

// keep is mark with what a login gave beside its name, which the next run may not know.
func (s *sealer) keep(spelled, secret string) string {
	mark := s.mark(spelled, secret)
	if !s.lasting || secret == "" || strings.HasPrefix(mark, encryptedMark) || strings.HasPrefix(mark, derivedMark) {
		return mark
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	name := nameOf(mark)
	if slices.ContainsFunc(s.today[:s.counted], func(given Text) bool { return given.markName() == name }) {
		return mark
	}
	return keptMark + strings.TrimSuffix(strings.TrimPrefix(mark, sealMark), "}") + keptText + encrypt(secret, s.key()) + "}"
}

// openKept returns what stands behind a kept mark: the secret of today, or else what
// was one, which is former then and known from now on.
func (s *sealer) openKept(mark string) (text, former string, ok bool) {
	plain, sealed, found := strings.Cut(sealMark+strings.TrimPrefix(mark, keptMark), keptText)
	plain += "}"
	if named, _ := s.registers(); found && named.texts[plain] != "" {
		return named.texts[plain], "", true
	}
	if former, ok = s.decrypt(encryptedMark + sealed); !found || !ok {
		return "", "", false
	}
	name, err := url.PathUnescape(nameOf(plain))
	if err != nil {
		return "", "", false
	}
	one := Text{name, former}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.before, one) {
		s.before = append(s.before, one)
		s.enter()
	}
	text, ok = newRegister(List{one}, nil, false).texts[plain]
	return text, former, ok
}

// nameOf is the name in the mark of a secret that has one.
func nameOf(mark string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(mark, "}"), ":")
	return name
}

// open returns what stands behind a mark today; former is a secret that it makes known.
func (s *sealer) open(mark string) (text, former string, ok bool) {
	switch {
	case strings.HasPrefix(mark, keptMark):
		return s.openKept(mark)
	case strings.HasPrefix(mark, encryptedMark):
		text, ok = s.decrypt(mark)
		return text, "", ok
	case strings.HasPrefix(mark, derivedMark):
		d, ok := s.derivedFrom(marked{mark: mark})
		return d.text, "", ok
	}
	named, numbered := s.registers()
	if text, ok = named.texts[mark]; !ok {
		text, ok = numbered().texts[mark]
	}
	return text, "", ok
}
