package console

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
)

// screen is a terminal as far as an area needs one: rows of text, a cursor, and what is
// printed last is at the bottom. It knows no other sequence than those that areas write.
type screen struct {
	t             *testing.T
	width, height int
	reflows       bool       // a narrower terminal breaks lines, else it cuts them off
	rows          [][]string // of columns; a wide character has one more, empty
	y, x          int        // of the cursor; rows above the height have scrolled away
	wrote         int        // bytes
}

// Write takes what is printed.
func (s *screen) Write(p []byte) (int, error) {
	s.wrote += len(p)
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' }) + 2
			s.control(text[2:end], text[end])
			text = text[end+1:]
		case text[0] == '\r':
			s.x, text = 0, text[1:]
		case text[0] == '\n':
			s.y, s.x, text = s.y+1, 0, text[1:] // as ONLCR makes it
		default:
			for i, r := range text {
				s.print(r)
				text = text[i+len(string(r)):]
				break
			}
		}
		for len(s.rows) <= s.y {
			s.rows = append(s.rows, nil)
		}
	}
	return len(p), nil
}

func (s *screen) top() int { return max(0, len(s.rows)-s.height) }

func (s *screen) control(n string, what byte) {
	count, _ := strconv.Atoi(n)
	switch what {
	case 'A':
		s.y = max(s.top(), s.y-count)
	case 'K':
		s.rows[s.y] = s.rows[s.y][:min(s.x, len(s.rows[s.y]))]
	case 'J':
		s.rows[s.y] = s.rows[s.y][:min(s.x, len(s.rows[s.y]))]
		for i := s.y + 1; i < len(s.rows); i++ {
			s.rows[i] = nil
		}
	default:
		s.t.Fatalf("an unknown sequence: %q %c", n, what)
	}
}

func (s *screen) print(r rune) {
	w := report.Width(string(r))
	if w == 0 && s.x > 0 {
		s.rows[s.y][s.x-1] += string(r)
		return
	}
	if s.x+w > s.width {
		s.y, s.x = s.y+1, 0
	}
	for len(s.rows) <= s.y {
		s.rows = append(s.rows, nil)
	}
	for len(s.rows[s.y]) < s.x+w {
		s.rows[s.y] = append(s.rows[s.y], " ")
	}
	s.rows[s.y][s.x] = string(r)
	for i := 1; i < w; i++ {
		s.rows[s.y][s.x+i] = ""
	}
	s.x += w
}

// resize gives the terminal another width. One that reflows breaks lines that are too
// long; the cursor stays behind the character that it stood behind.
func (s *screen) resize(width int) {
	s.width = width
	var rows [][]string
	y := s.y
	for i, row := range s.rows {
		at := len(rows)
		rest := row
		for s.reflows && len(rest) > width {
			rows, rest = append(rows, rest[:width:width]), rest[width:]
		}
		if !s.reflows {
			rest = rest[:min(len(rest), width)]
		}
		rows = append(rows, rest)
		if i == y {
			s.y = at
			if s.reflows && s.x > 0 {
				s.y, s.x = at+(s.x-1)/width, (s.x-1)%width+1
			}
			s.x = min(s.x, width-1)
		}
	}
	s.rows = rows
}

// text is what is on the screen and above it, without empty rows at the end.
func (s *screen) text() string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, strings.TrimRight(strings.Join(row, ""), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func (s *screen) want(what, text string) {
	s.t.Helper()
	if got := s.text(); got != text {
		s.t.Errorf("%s: the screen has\n%s\nwant\n%s", what, got, text)
	}
}

// TestArea: what is drawn stands once, below the log, whatever changes: the lines, their
// number, the log, the width of the terminal.
func TestArea(t *testing.T) {
	for _, reflows := range []bool{true, false} {
		t.Run(fmt.Sprint("reflows ", reflows), func(t *testing.T) {
			s := &screen{t: t, width: 40, height: 12, reflows: reflows}
			a := &area{}
			s.Write([]byte("INFO begins\n"))
			s.Write(a.draw([]string{"orders  1 record", "shops  3 records", "all"}, s.width))
			s.want("drawn", "INFO begins\norders  1 record\nshops  3 records\nall")
			s.Write(a.draw([]string{"orders  2 records", "shops  3 records", "all"}, s.width))
			s.want("drawn again", "INFO begins\norders  2 records\nshops  3 records\nall")
			s.Write(a.draw([]string{"orders  3", "all of them"}, s.width))
			s.want("fewer lines", "INFO begins\norders  3\nall of them")
			s.Write(a.above("WARN one\nWARN two, which is much longer than the terminal is wide\n", s.width))
			s.want("a log", "INFO begins\nWARN one\nWARN two, which is much longer than the\nterminal is wide\norders  3\nall of them")
			s.Write(a.draw([]string{"a", "b", "c", "d"}, s.width))
			s.want("more lines", "INFO begins\nWARN one\nWARN two, which is much longer than the\nterminal is wide\na\nb\nc\nd")
			s.Write(a.erase(s.width))
			s.want("erased", "INFO begins\nWARN one\nWARN two, which is much longer than the\nterminal is wide")
			s.Write(a.draw([]string{"last", "words"}, s.width))
			s.Write(a.leave())
			s.Write([]byte("behind\n"))
			s.want("left", "INFO begins\nWARN one\nWARN two, which is much longer than the\nterminal is wide\nlast\nwords\nbehind")
		})
	}
}

// TestAreaIsCalm: nothing is written where nothing changed, and of many lines only those
// that did.
func TestAreaIsCalm(t *testing.T) {
	s := &screen{t: t, width: 80, height: 24}
	a := &area{}
	lines := []string{strings.Repeat("a", 70), strings.Repeat("b", 70), strings.Repeat("c", 70), "all"}
	s.Write(a.draw(lines, s.width))
	if b := a.draw(lines, s.width); len(b) > 0 {
		t.Errorf("nothing changed, and %q is written", b)
	}
	lines[1] = strings.Repeat("d", 70)
	if b := a.draw(lines, s.width); len(b) > 100 || !strings.Contains(string(b), "ddd") || strings.Contains(string(b), "aaa") {
		t.Errorf("one line changed, and %q is written", b)
	}
}

// TestAreaClips: no line reaches the last column, wide characters count as two, and what
// would move the cursor is not written.
func TestAreaClips(t *testing.T) {
	s := &screen{t: t, width: 12, height: 5}
	a := &area{}
	s.Write(a.draw([]string{"注文注文注文注文", "a\x1b[2Jb\rc\nd\u202e", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "123456789012345"}, s.width))
	got := strings.Split(s.text(), "\n")
	want := []string{"注文注文注…", "a [2Jb c d", "", "1234567890…"}
	for i, line := range got {
		if report.Width(line) >= s.width || i != 2 && line != want[i] {
			t.Errorf("line %d is %q, want %q", i, line, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines: %q", len(got), got)
	}
}

// TestAreaResizes: a terminal that becomes narrower breaks what stands there, and all of
// it is drawn over, and nothing of the log above.
func TestAreaResizes(t *testing.T) {
	lines := []string{"orders  12,345 records, 60 pages, 62 calls, 1,200/s, 45%", "shops   3 records", "12,348 records, 63 calls, 1 of 3 streams done, since 00:00Z"}
	for _, widths := range [][]int{{50}, {30}, {29, 28, 27, 26, 25}, {20}, {20, 19, 60}, {90}, {25, 90, 25}} {
		t.Run(fmt.Sprint(widths), func(t *testing.T) {
			s := &screen{t: t, width: 60, height: 30, reflows: true}
			a := &area{}
			s.Write([]byte("INFO a log\n"))
			s.Write(a.draw(lines, s.width))
			for _, width := range widths {
				s.resize(width)
				s.Write(a.draw(lines, s.width))
				want := "INFO a log"
				for _, line := range lines {
					want += "\n" + report.Clip(line, width-1)
				}
				s.want(fmt.Sprint(width, " columns"), want)
			}
		})
	}
}
