package fetch

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// Numbers says how the requests of a walk are numbered whose next URL or token
// is the present one but for one whole number.
type Numbers struct {
	Place int   `json:"place"` // which of the whole numbers in the text it is, from 0
	First int64 `json:"first"` // the number that the first page would have
	Pages bool  `json:"pages"` // pages are counted; else records are
}

// named is what an API named as the page at a position: a URL, or a token as
// JSON, or what that hides in base64; "" for the first page.
func (p Position) named() string {
	if p.URL != "" {
		return p.URL
	}
	if text, _ := unveil(p.Token); text != "" {
		return text
	}
	return string(p.Token)
}

// unveil returns the text that a token hides in base64, and how; "" where it
// hides none with a whole number.
func unveil(token json.RawMessage) (string, *base64.Encoding) {
	if len(token) < 2 || token[0] != '"' {
		return "", nil
	}
	inner := string(token[1 : len(token)-1])
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		text, err := e.DecodeString(inner)
		strange := func(c rune) bool { return c < ' ' || c > '~' }
		if err == nil && !strings.ContainsFunc(string(text), strange) && len(numbers(string(text))) > 0 {
			return string(text), e
		}
	}
	return "", nil
}

// renumber finds how the walk's requests are numbered from the present one,
// which had n records, and the next that its answer names.
func (w *Walk) renumber(next *Position, n int64) {
	switch w.stream.Pagination.Type {
	case sources.PaginateCursor, sources.PaginateNextURL, sources.PaginateLinkHeader:
	default:
		return
	}
	here, there := w.pos.named(), next.named()
	if here == "" || there == here {
		return // the first page has no number, and the last names no other
	}
	place, x, y, ok := oneNumber(here, there)
	found := &Numbers{Place: place, First: x - w.pos.Records}
	if n != 1 && y-x == 1 {
		found = &Numbers{Place: place, First: x - w.pos.Pages, Pages: true}
	}
	known := w.pos.Numbers
	switch {
	case !ok || y <= x || y-x != 1 && y-x != n || found.First < 0 && known == nil,
		known != nil && (known.Place != place || known.Pages && y-x != 1 || !known.Pages && y-x != n):
		next.Numbers, w.pos.Numbers, w.unnumbered = nil, nil, true // keys may look like numbers for a while
	case known == nil && !w.unnumbered:
		next.Numbers, w.pos.Numbers = found, found
	}
}

// renamed makes a position the page of another number.
func (w *Walk) renamed(next *Position, n *Numbers, number int64) {
	text := w.pos.named()
	if text == "" {
		text = next.named()
	}
	switch text = withNumber(text, n.Place, number); {
	case number <= n.First:
		next.URL, next.Token = "", nil
	case w.stream.Pagination.Type == sources.PaginateCursor:
		like := w.pos.Token
		if like == nil {
			like = next.Token
		}
		if _, e := unveil(like); e != nil {
			text = `"` + e.EncodeToString([]byte(text)) + `"`
		}
		next.Token = json.RawMessage(text)
	default:
		next.URL = text
	}
}

// seemsNumbered reports whether the request under way may be numbered, of a
// walk whose second page is its last: it holds the number 2, or that of the
// records before it.
func (w *Walk) seemsNumbered() bool {
	text := w.pos.named()
	if w.pos.pages() != 1 || w.stream.Pagination.Type == sources.PaginateKeyset {
		return false
	}
	for i := range numbers(text) {
		if n := numberAt(text, i); n == 2 || n == w.pos.Records {
			return true
		}
	}
	return false
}

// numbers returns where the whole numbers of a text begin and end. Digits
// beside a letter, a point or another sign are none of them: they may be part
// of something that only looks like a number.
func numbers(text string) (all [][2]int) {
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

// oneNumber finds the whole number in which two texts differ, if they differ in
// nothing else.
func oneNumber(a, b string) (place int, x, y int64, ok bool) {
	as, bs := numbers(a), numbers(b)
	if len(as) != len(bs) {
		return 0, 0, 0, false
	}
	for i := range as {
		if a[as[i][0]:as[i][1]] == b[bs[i][0]:bs[i][1]] {
			continue
		}
		same := a[:as[i][0]] == b[:bs[i][0]] && a[as[i][1]:] == b[bs[i][1]:]
		return i, numberAt(a, i), numberAt(b, i), same
	}
	return 0, 0, 0, false
}

// numberAt is one of the whole numbers of a text, -1 where it has not so many.
func numberAt(text string, place int) int64 {
	all := numbers(text)
	if place >= len(all) {
		return -1
	}
	n, err := strconv.ParseInt(text[all[place][0]:all[place][1]], 10, 64)
	if err != nil {
		panic("18 digits are always a number: " + err.Error())
	}
	return n
}

// withNumber is a text with one of its whole numbers replaced.
func withNumber(text string, place int, n int64) string {
	all := numbers(text)
	if place >= len(all) {
		return text
	}
	return text[:all[place][0]] + strconv.FormatInt(n, 10) + text[all[place][1]:]
}
