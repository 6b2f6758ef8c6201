package console

import (
	"slices"
	"strconv"

	"github.com/tap-rest/tap-rest/tap/report"
)

// area is what is drawn over and over at the bottom of a terminal: some lines, of which the
// last one holds the cursor, at its end. It makes the bytes that change the screen; whoever
// has them writes them at once, so that nothing stands in between.
//
// No line reaches the last column, so that no terminal breaks one. Where a terminal becomes
// narrower, it breaks those that stand there already, as almost all terminals do: the area
// counts how many rows they take then. On one that cuts lines off instead, some rows above
// the area are drawn over.
type area struct {
	lines []string // on the screen
	width int      // of the terminal when they were drawn
}

// shown reports whether the area is on the screen.
func (a *area) shown() bool { return len(a.lines) > 0 }

// erase takes the area off the screen: what is written next stands in its place.
func (a *area) erase(width int) []byte {
	if !a.shown() {
		return nil
	}
	b := a.toTop(nil, width)
	a.lines = nil
	return append(b, "\x1b[J"...)
}

// leave puts the cursor below the area, which stays on the screen.
func (a *area) leave() []byte {
	if !a.shown() {
		return nil
	}
	a.lines = nil
	return []byte("\r\n")
}

// draw puts lines in the place of those on the screen; nothing is written for what stands
// there already.
func (a *area) draw(lines []string, width int) []byte {
	clipped := make([]string, len(lines))
	for i, line := range lines {
		clipped[i] = report.Clip(report.Plain(line), width-1)
	}
	fits := width >= a.width || a.rows(width) == len(a.lines)
	if fits && slices.Equal(clipped, a.lines) {
		a.width = width
		return nil
	}
	var b []byte
	var stands []string // what need not be written again
	if a.shown() {
		b = a.toTop(b, width)
		if stands = a.lines; !fits {
			b, stands = append(b, "\x1b[J"...), nil
		}
	}
	for i, line := range clipped {
		if i > 0 {
			b = append(b, "\r\n"...)
		}
		if i < len(stands) && stands[i] == line && i < len(clipped)-1 {
			continue
		}
		b = append(b, line...)
		b = append(b, "\x1b[K"...)
	}
	if len(stands) > len(clipped) {
		b = append(b, "\x1b[J"...)
	}
	a.lines, a.width = clipped, width
	return b
}

// toTop moves the cursor to where the area begins.
func (a *area) toTop(b []byte, width int) []byte {
	b = append(b, '\r')
	if up := a.rows(width) - 1; up > 0 {
		b = append(append(append(b, "\x1b["...), strconv.Itoa(up)...), 'A')
	}
	return b
}

// rows is how many rows the lines take on a terminal of a width.
func (a *area) rows(width int) (n int) {
	for _, line := range a.lines {
		n += max(1, (report.Width(line)+width-1)/max(1, width))
	}
	return n
}

// above makes the bytes that put lines of a log above the area: it is taken off, and drawn
// anew below them, in one.
func (a *area) above(log string, width int) []byte {
	lines := a.lines
	b := append(a.erase(width), log...)
	return append(b, a.draw(lines, width)...)
}
