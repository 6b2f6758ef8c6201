package page

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state/journal"
)

// call is an exchange as the page has it.
type call struct {
	start   int64 // in milliseconds since 1970: when it was to be sent
	whole   time.Duration
	took    time.Duration // by the last attempt
	waited  time.Duration // before all of them; negative: not recorded
	tries   []journal.Try // where there is more than one
	request string
	status  int
	bytes   int64
	records int
	number  int // of attempts
	stream  int
	made    made
	room    room
	details
}

// details are what the page shows of a call that somebody opens.
type details struct {
	headers []string
	body    string // how it begins
	note    string // what is to be known of that
	failed  string // why the call failed for good; "": it did not
}

// made says by which run a call was made.
type made int

const (
	madeSometime made = iota // it is not recorded when the last run was
	madeByRun
	madeBefore
	madeLater
)

// room is what is left of the API's limits, by what the answer says.
type room struct {
	left int64 // of the limit of which least is left, in thousandths; -1: not said
	name string
	some int64 // where the answer does not say how much the limit is: what is left
}

func newCall(e *journal.Exchange, stream int, failed string, bodies *beginnings) call {
	c := call{
		whole: e.Took, took: e.Took, waited: -1, request: e.Request, status: e.Status, bytes: int64(len(e.Body)) + e.LeftOut,
		records: e.Records, number: e.Attempts, stream: stream, room: roomOf(e),
	}
	if len(e.Tries) > 0 {
		c.waited, c.whole = 0, 0
		for _, t := range e.Tries {
			c.waited += t.Waited
			c.whole += t.Waited + t.Took
		}
	}
	if len(e.Tries) > 1 {
		c.tries = slices.Clone(e.Tries)
	}
	c.start = e.At.Add(-c.whole).UnixMilli()
	shown, err := recorded.Show(e)
	c.details = details{headers: headerLines(shown), note: shown.LeftOut, failed: failed}
	if err != nil {
		c.note = err.Error()
	}
	c.setBody(shown.Body, bodies)
	return c
}

// setBody keeps how a body begins: what is no text in hexadecimal digits.
func (c *call) setBody(body []byte, bodies *beginnings) {
	begins := body[:min(len(body), bodies.limit)]
	if bytes.IndexByte(begins, 0) >= 0 || !utf8.Valid(trimRune(begins)) {
		c.note = strings.TrimPrefix(c.note+"; no text: its bytes are shown in hexadecimal digits", "; ")
		c.body = fmt.Sprintf("% x", begins[:min(len(begins), bodies.limit/3)])
	} else {
		c.body = string(trimRune(begins))
	}
	if len(body) > len(begins) || len(c.body) < len(begins) {
		c.note = strings.TrimPrefix(c.note+fmt.Sprintf("; the first bytes of %d", len(body)), "; ")
	}
}

// trimRune leaves a character out that is cut in two at the end.
func trimRune(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if b := text[len(text)-i]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-i:]) {
				return text[:len(text)-i]
			}
			break
		}
	}
	return text
}

const (
	mostHeaders   = 60   // of an answer
	longestHeader = 1000 // bytes of one line
)

// headerLines are the headers of an answer, in the order of their names.
func headerLines(s recorded.Shown) (lines []string) {
	if s.URL != "" {
		lines = append(lines, "(answered by) "+clip(s.URL, longestHeader))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Header)) {
		for _, v := range s.Header[name] {
			if len(lines) == mostHeaders {
				return append(lines, "(further headers) are left out")
			}
			lines = append(lines, clip(name, longestHeader)+": "+clip(v, longestHeader))
		}
	}
	return lines
}

// clip is a text, or how it begins.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return string(trimRune([]byte(text[:most]))) + "…"
}

// roomOf is what an answer says of the limit of which least is left.
func roomOf(e *journal.Exchange) room {
	clock := e.At
	if t, err := times.Parse(e.Header.Get("Date")); err == nil {
		clock = t
	}
	least := room{left: -1, some: -1}
	for _, q := range rate.Quotas(e.Header, clock) {
		switch {
		case q.Left < 0:
		case q.Most <= 0 && least.left < 0:
			least.name, least.some = q.Name, q.Left
		case q.Most > 0:
			if left := min(1000, q.Left*1000/q.Most); least.left < 0 || left < least.left {
				least = room{left: left, name: q.Name, some: -1}
			}
		}
	}
	return least
}

const (
	longestBeginning  = 1 << 10 // bytes of a body, where there are few
	shortestBeginning = 64      // where there are many
	mostBeginnings    = 8 << 20 // of all bodies together
)

// beginnings bound what the beginnings of bodies take in memory and in the file.
type beginnings struct {
	limit, held, most int
}

// take counts a beginning, and reports whether the limit is less from now on, so that
// those which are held must be cut. They are counted anew by that.
func (b *beginnings) take(size int) (less bool) {
	if b.held += size; b.held <= b.most || b.limit <= shortestBeginning {
		return false
	}
	b.limit, b.held = max(shortestBeginning, b.limit/2), 0
	return true
}

// cut cuts a beginning to the limit, and counts it.
func (b *beginnings) cut(body string) string {
	if len(body) > b.limit {
		body = strings.Clone(string(trimRune([]byte(body[:b.limit]))))
	}
	b.held += len(body)
	return body
}
