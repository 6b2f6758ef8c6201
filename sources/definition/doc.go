// Package definition loads version 1 of the format of this program, one YAML
// or JSON file that describes an API, into the model of package sources.
//
//	def, err := definition.Parse("shop.yaml", data)   // document.Problems: all of them, with lines
//
// The grammar is a table of all keys in the code: the check of a file, the
// hints in its messages and the tables of FORMAT.md come from it. FORMAT.md
// beside this file is the reference of the format; after a change of the
// grammar its tables are written anew by
//
//	go test ./sources/definition -run TestFormat -update
//
// Promises. A definition is checked whole before anything is fetched: every
// key is known, every template compiles, every problem is reported at once
// with its line and column (of a JSON Schema the first: catalog/schema compiles
// it here as it does for a run, so that both take the same).
// Inheritance (a stream over defaults over client) is resolved here: nobody
// else knows of it. What keys and streams are to each other then is checked by
// package rules. A file that is no definition is not quoted. No input makes
// this package panic or hang, or open anything but a definition and the schema
// files that it names.
package definition
