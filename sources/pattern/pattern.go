// Package pattern has regular expressions that are compiled when they are first used:
// the program has dozens that only init and lint match with, and starts for each run.
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
