// Package pattern has regular expressions that are compiled when they are first used:
// the program has dozens, of which a run matches with few, and starts for each run.
package pattern

import (
	"regexp"
	"sync"
)

// New returns what compiles an expression the first time, and returns it. An expression
// that is none panics then; TestPatterns compiles each of the program's.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
