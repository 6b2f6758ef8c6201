// Package sources says what an API is: it reads a definition, one YAML or
// JSON file, into Go types that are the only model of an API in this program,
// and reads the settings that a user gives for it.
//
//	in, err := sources.ReadConfig(files, os.Environ())
//	def, err := in.Definition()   // Problems: all of them, with lines
//	c, err := def.Configure(in)   // ConfigProblems
//
// Terms. A definition describes an API: its settings, its client, its
// streams. A stream is one collection of the API. Settings are what the user
// gives (base_url, token); they are checked against the JSON Schema in the
// definition. A path is a gjson path into a body, or "header:Name". A template
// is text with {{ }} in it, see package expr. The grammar is a table of all
// keys in the code: the check of a file, the hints in its messages and the
// tables of FORMAT.md come from it.
//
// Promises. A definition is checked whole before anything is fetched: every
// key is known, every template compiles, every problem is reported at once
// with its line and column (of a JSON Schema the first: catalog/schema compiles
// it here as it does for a run, so that both take the same). What the engine cannot run yet is such a problem
// ("not supported yet"), never ignored. Inheritance (a stream over defaults
// over client) is resolved here: nobody else knows of it. A setting that the
// definition calls secret is a [secret.Text], which prints ***; no error of this
// package holds its value. A [secret.Hider] finds it, and what is made of it, in texts,
// however they spell it. A file that is no definition is not quoted. No input makes this package panic or hang, or open
// anything but a definition and the schema files that it names.
//
// FORMAT.md beside this file is the reference of the format.
package sources
