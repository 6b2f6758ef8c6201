package expr

import "slices"

// BuiltinNames returns the names of all functions, filters, methods and tests.
func BuiltinNames() []string {
	return slices.Concat(sortedKeys(functions), sortedKeys(filters), sortedKeys(methods), sortedKeys(tests))
}
