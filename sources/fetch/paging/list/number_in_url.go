package list

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// Numbers says how the requests of a walk are numbered whose next URL or token
// is the present one but for one whole number.
type Numbers struct {
	Place int   `json:"place"` // which of the whole numbers in the text it is, from 0
	First int64 `json:"first"` // the number that the first page would have
	Pages bool  `json:"pages"` // pages are counted; else records are
}

// Unveil returns the text that a token hides in base64, and how; "" where it
// hides none with a whole number.
func Unveil(token json.RawMessage) (string, *base64.Encoding) {
	if len(token) < 2 || token[0] != '"' {
		return "", nil
	}
	inner := string(token[1 : len(token)-1])
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		text, err := e.DecodeString(inner)
		strange := func(c rune) bool { return c < ' ' || c > '~' }
		if err == nil && !strings.ContainsFunc(string(text), strange) && len(spans(string(text))) > 0 {
			return string(text), e
		}
	}
	return "", nil
}

// spans returns where the whole numbers of a text begin and end. Digits
// beside a letter, a point or another sign are none of them: they may be part
// of something that only looks like a number.
func spans(text string) (all [][2]int) {
	const before, after = `=/:,;?&" [{(`, `&/;,?:" ]})`
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] >= '0' && text[j] <= '9' {
			j++
		}
		if i == j {
			i++
			continue
		}
		opens := i == 0 || strings.IndexByte(before, text[i-1]) >= 0
		closes := j == len(text) || strings.IndexByte(after, text[j]) >= 0
		if opens && closes && j-i < 19 && (text[i] != '0' || j-i == 1) {
			all = append(all, [2]int{i, j})
		}
		i = j
	}
	return all
}

// Differ finds the whole number in which two texts differ, if they differ in
// nothing else.
func Differ(a, b string) (place int, x, y int64, ok bool) {
	as, bs := spans(a), spans(b)
	if len(as) != len(bs) {
		return 0, 0, 0, false
	}
	for i := range as {
		if a[as[i][0]:as[i][1]] == b[bs[i][0]:bs[i][1]] {
			continue
		}
		same := a[:as[i][0]] == b[:bs[i][0]] && a[as[i][1]:] == b[bs[i][1]:]
		return i, NumberAt(a, i), NumberAt(b, i), same
	}
	return 0, 0, 0, false
}

// NumberAt is one of the whole numbers of a text, -1 where it has not so many.
func NumberAt(text string, place int) int64 {
	all := spans(text)
	if place >= len(all) {
		return -1
	}
	n, err := strconv.ParseInt(text[all[place][0]:all[place][1]], 10, 64)
	if err != nil {
		panic("18 digits are always a number: " + err.Error())
	}
	return n
}

// WithNumber is a text with one of its whole numbers replaced.
func WithNumber(text string, place int, n int64) string {
	all := spans(text)
	if place >= len(all) {
		return text
	}
	return text[:all[place][0]] + strconv.FormatInt(n, 10) + text[all[place][1]:]
}

// Count is how many whole numbers a text has.
func Count(text string) int { return len(spans(text)) }
