package expr

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// onText makes a function of one that works on the text of its first argument.
func onText(f func(s string) string) function {
	return func(r *run, a []Value) (Value, error) {
		s, err := r.text(a[0])
		if err != nil {
			return Value{}, err
		}
		if len(s) > maxText {
			return Value{}, errText
		}
		return r.string(f(s))
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

// texts returns the texts of the arguments.
func (r *run) texts(a ...Value) ([]string, error) {
	texts := make([]string, len(a))
	for i, v := range a {
		text, err := r.text(v)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// trimmed makes a strip of both ends, or of one; without characters to strip, of white space.
func trimmed(all func(s, cutset string) string, space func(s string) string) function {
	return func(r *run, a []Value) (Value, error) {
		s, err := r.texts(a...)
		if err != nil {
			return Value{}, err
		}
		if a[1].Missing() {
			return String(space(s[0])), nil
		}
		return String(all(s[0], s[1])), r.spend(len(s[0]))
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
		s, err := r.texts(a[0], a[1])
		if err != nil {
			return Value{}, err
		}
		return f(s[0], s[1]), r.spend(weightOf(s[0]))
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

func isDigit(r *run, a []Value) (Value, error) {
	s, err := r.text(a[0])
	notDigit := func(c rune) bool { return !unicode.IsDigit(c) }
	return Bool(s != "" && strings.IndexFunc(s, notDigit) < 0), err
}

// integerOr returns an argument that has to be an integer of 32 bits and may be left out.
func integerOr(v Value, missing int) (int, error) {
	if v.Missing() {
		return missing, nil
	}
	n, ok := v.number()
	if !ok || n.float || n.big || n.i != int64(int32(n.i)) {
		return 0, fmt.Errorf("want an integer, got %s", v.kind)
	}
	return int(n.i), nil
}

func zeroFill(r *run, a []Value) (Value, error) {
	s := a[0].str()
	width, err := integerOr(a[1], 0)
	if err != nil {
		return Value{}, err
	}
	missing := width - a[0].Len()
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

func replace(r *run, a []Value) (Value, error) {
	s, err := r.texts(a[:3]...)
	if err != nil {
		return Value{}, err
	}
	count, err := integerOr(a[3], -1)
	if err != nil {
		return Value{}, err
	}
	if len(s[0]) > maxText {
		return Value{}, errText
	}
	n := strings.Count(s[0], s[1])
	if count >= 0 {
		n = min(n, count)
	}
	if grown := len(s[2]) - len(s[1]); grown > 0 && n > (maxText-len(s[0]))/grown {
		return Value{}, errText
	}
	return r.string(strings.Replace(s[0], s[1], s[2], n))
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
	s, err := r.text(a[0])
	if err != nil {
		return Value{}, err
	}
	limit, err := integerOr(a[2], -1)
	if err != nil {
		return Value{}, err
	}
	if err := r.spend(len(s)); err != nil {
		return Value{}, err
	}
	if limit >= 0 {
		limit++
	} else {
		limit = -1
	}
	if a[1].Missing() {
		return r.strings(space(s, limit))
	}
	separator, err := r.text(a[1])
	if err == nil && separator == "" {
		err = errors.New("the separator is empty")
	}
	if err != nil {
		return Value{}, err
	}
	return r.strings(at(s, separator, limit))
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
	s := strings.ReplaceAll(a[0].str(), "\r\n", "\n")
	if s == "" {
		return r.list(nil)
	}
	return r.strings(strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
}

// joinMethod is Python's ','.join(items); items that are not texts are printed.
func joinMethod(r *run, a []Value) (Value, error) {
	return joinFilter(r, []Value{a[1], a[0], Undefined()})
}

// joinFilter puts the texts of items together, with a separator between them.
func joinFilter(r *run, a []Value) (Value, error) {
	items, err := r.items(a[0])
	if err != nil {
		return Value{}, err
	}
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
