// Package advice says what of a definition is likely wrong, and what to write instead,
// by what an API answered. It decides nothing.
package advice
