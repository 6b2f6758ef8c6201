package expr

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// onText makes a function of one that works on the text of its first argument.
func onText(f func(s string) string) function {
	return func(r *run, a []Value) (Value, error) {
		if len(a[0].text) > maxText {
			return Value{}, errText
		}
		return r.string(f(a[0].text))
	}
}

var (
	lower      = onText(strings.ToLower)
	upper      = onText(strings.ToUpper)
	capitalize = onText(capitalized)

	// titleFilter is Jinja's: a word begins after a space or an opening bracket.
	titleFilter = onText(titled(func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("-({[<", c) }))

	// titleMethod is Python's: a word begins after whatever is not a letter.
	titleMethod = onText(titled(func(c rune) bool { return !unicode.IsLetter(c) }))
)

// capitalized returns s with its first letter large and all others small.
func capitalized(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToTitle(first)) + strings.ToLower(s[size:])
}

// titled returns a function that makes the first letter of every word large, all others small.
func titled(between func(rune) bool) func(string) string {
	return func(s string) string {
		begins := true
		return strings.Map(func(c rune) rune {
			written := unicode.ToLower(c)
			if begins {
				written = unicode.ToUpper(c)
			}
			begins = between(c)
			return written
		}, s)
	}
}

// trimmed makes a strip of both ends, or of one; without characters to strip, of white space.
func trimmed(all func(s, cutset string) string, space func(s string) string) function {
	return func(r *run, a []Value) (Value, error) {
		if a[1].Missing() {
			return String(space(a[0].text)), nil
		}
		return String(all(a[0].text, a[1].text)), r.spend(len(a[0].text))
	}
}

var (
	strip      = trimmed(strings.Trim, strings.TrimSpace)
	stripLeft  = trimmed(strings.TrimLeft, func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) })
	stripRight = trimmed(strings.TrimRight, func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) })
)

// onPair makes a function of one that works on the texts of two arguments.
func onPair(f func(a, b string) Value) function {
	return func(r *run, a []Value) (Value, error) {
		return f(a[0].text, a[1].text), r.spend(weightOf(a[0].text))
	}
}

var (
	startsWith   = onPair(func(s, prefix string) Value { return Bool(strings.HasPrefix(s, prefix)) })
	endsWith     = onPair(func(s, suffix string) Value { return Bool(strings.HasSuffix(s, suffix)) })
	removePrefix = onPair(func(s, prefix string) Value { return String(strings.TrimPrefix(s, prefix)) })
	removeSuffix = onPair(func(s, suffix string) Value { return String(strings.TrimSuffix(s, suffix)) })
	find         = onPair(func(s, part string) Value { return Int(int64(place(s, part))) })
)

// place returns how many characters stand before the part in s, -1 where it does not occur.
func place(s, part string) int {
	before, _, found := strings.Cut(s, part)
	if !found {
		return -1
	}
	return utf8.RuneCountInString(before)
}

func isDigit(_ *run, a []Value) (Value, error) {
	notDigit := func(c rune) bool { return !unicode.IsDigit(c) }
	return Bool(a[0].text != "" && strings.IndexFunc(a[0].text, notDigit) < 0), nil
}

func zeroFill(r *run, a []Value) (Value, error) {
	s := a[0].str()
	missing := int(a[1].num) - a[0].Len()
	if missing <= 0 {
		return a[0], nil
	}
	if missing > maxText {
		return Value{}, errText
	}
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	return r.string(sign + strings.Repeat("0", missing) + s)
}

// replace takes value, old, new and count.
func replace(r *run, a []Value) (Value, error) {
	s, old, with, count := a[0].str(), a[1].text, a[2].text, int(a[3].num)
	if len(s) > maxText {
		return Value{}, errText
	}
	n := strings.Count(s, old)
	if count >= 0 {
		n = min(n, count)
	}
	if grown := len(with) - len(old); grown > 0 && n > (maxText-len(s))/grown {
		return Value{}, errText
	}
	return r.string(strings.Replace(s, old, with, n))
}

// replaceMethod is that of texts, and that of times, which sets parts of them.
func replaceMethod(r *run, a []Value) (Value, error) {
	if a[0].kind == KindTime {
		return replaceParts(a[0], a[4:])
	}
	if a[1].Missing() || a[2].Missing() {
		return Value{}, errors.New("want what to replace, and by what")
	}
	return replace(r, a)
}

// split divides a text at a separator, or, without one, at white space.
func split(r *run, a []Value) (Value, error) { return r.split(a, strings.SplitN, fieldsN) }

func splitRight(r *run, a []Value) (Value, error) { return r.split(a, splitRightN, fieldsRightN) }

func (r *run) split(a []Value, at func(s, sep string, n int) []string, space func(s string, n int) []string) (Value, error) {
	s, separator, limit := a[0].text, a[1], -1
	if err := r.spend(len(s)); err != nil {
		return Value{}, err
	}
	if a[2].num >= 0 {
		limit = int(a[2].num) + 1
	}
	switch {
	case separator.Missing():
		return r.strings(space(s, limit))
	case separator.text == "":
		return Value{}, errors.New("the separator is empty")
	}
	return r.strings(at(s, separator.text, limit))
}

// strings returns the list of the texts.
func (r *run) strings(texts []string) (Value, error) {
	items := make([]Value, len(texts))
	for i, text := range texts {
		items[i] = String(text)
	}
	return r.list(items)
}

func fieldsN(s string, n int) []string {
	if n < 0 {
		return strings.Fields(s)
	}
	var fields []string
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	for s != "" {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 || len(fields) == n-1 {
			return append(fields, s)
		}
		fields = append(fields, s[:end])
		s = strings.TrimLeftFunc(s[end:], unicode.IsSpace)
	}
	return fields
}

// splitRightN is strings.SplitN from the right.
func splitRightN(s, separator string, n int) []string {
	parts := strings.Split(s, separator)
	if first := len(parts) - n; n > 0 && first > 0 {
		head := strings.Join(parts[:first+1], separator)
		parts = append([]string{head}, parts[first+1:]...)
	}
	return parts
}

func fieldsRightN(s string, n int) []string {
	fields := strings.Fields(s)
	if n < 0 || len(fields) <= n {
		return fields
	}
	rest := s
	tail := fields[len(fields)-n+1:]
	for i := len(tail) - 1; i >= 0; i-- {
		rest = strings.TrimSuffix(strings.TrimRightFunc(rest, unicode.IsSpace), tail[i])
	}
	return append([]string{strings.TrimRightFunc(rest, unicode.IsSpace)}, tail...)
}

func splitLines(r *run, a []Value) (Value, error) {
	s := strings.ReplaceAll(a[0].text, "\r\n", "\n")
	if s == "" {
		return r.list(nil)
	}
	return r.strings(strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
}

// joinMethod is Python's ','.join(items); items that are not texts are printed.
func joinMethod(r *run, a []Value) (Value, error) {
	return onItems(joinFilter)(r, []Value{a[1], a[0], Undefined()})
}

// joinFilter puts the texts of items together, with a separator between them.
func joinFilter(r *run, items, a []Value) (Value, error) {
	separator, err := r.text(a[1])
	if err != nil {
		return Value{}, err
	}
	var dst []byte
	for i, item := range items {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if item, err = r.follow(item, a[2]); err != nil {
			return Value{}, err
		}
		if dst, err = r.appendText(dst, item); err != nil {
			return Value{}, err
		}
	}
	return r.string(string(dst))
}
