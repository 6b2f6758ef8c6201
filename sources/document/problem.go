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
// the error of Parse in sources/definition and of Load in sources/config; it is never
// empty then.
type Problems []Problem

// Error returns the problems, one on a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Sorted returns the problems in the order of their places, each once: what
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
