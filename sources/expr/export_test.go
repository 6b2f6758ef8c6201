package expr

import "slices"

// BuiltinNames returns the names of all functions, filters, methods and tests.
func BuiltinNames() []string {
	return slices.Concat(sortedKeys(functions), sortedKeys(filters), sortedKeys(methods), sortedKeys(tests))
}

// Limit bounds the work between two calls of Begin.
func (l *Loop) Limit(work int) { l.most = work }
