package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a definition, where it stands.
type Problem struct {
	File   string
	Line   int    // from 1
	Column int    // from 1, in characters
	Place  string // the keys that lead there, "streams[1] (orders).pagination"; "" for the file
	Msg    string
}

// Error returns the problem on one line: file:line:column: place: message.
func (p Problem) Error() string {
	if p.Place == "" {
		return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, p.Place, p.Msg)
}

// Problems are all problems of a definition in the order of its lines. It is
// the error of [Parse] and [Load]; it is never empty then.
type Problems []Problem

// Error returns the problems, one on a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the problems in the order of their places, each once: what
// many streams inherit is found wrong in each of them.
func (p Problems) Sorted() Problems {
	type spot struct {
		line, column int
		msg          string
	}
	seen := map[spot]bool{}
	p = slices.DeleteFunc(p, func(a Problem) bool {
		at := spot{a.Line, a.Column, a.Msg}
		again := seen[at]
		seen[at] = true
		return again
	})
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}

// unknown returns "unknown key "nxt"; did you mean "next"?", or what is known
// where nothing is near. What is a noun: key, value.
func Unknown(what, name string, known []string) string {
	msg := fmt.Sprintf("unknown %s %q", what, Clip(name))
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("%s; did you mean %q?", msg, near)
	}
	const most = 60 // names in a message
	switch {
	case len(known) == 0:
		return msg
	case len(known) > most:
		return msg + "; known here: " + strings.Join(known[:most], ", ") + ", …"
	}
	return msg + "; known here: " + strings.Join(known, ", ")
}

// nearest returns the known name that differs from name in the fewest
// letters, "" if it differs in more than a third of them.
func nearest(name string, known []string) string {
	const longest, most = 64, 1000 // of what a person mistypes, of names to compare
	if len(name) > longest || len(known) > most {
		return ""
	}
	best, least := "", max(1, len(name)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour that makes b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differs := 1
			if a[i-1] == b[j-1] {
				differs = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differs)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// clip returns text short enough for a message.
func Clip(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
