// Package outline is what the readers of specifications have in common: each
// reads a document in which somebody described an API (OpenAPI, OData, Postman,
// the configs of other programs), and says what it found in the words of an
// Outline, which becomes a [draft.Definition].
//
//	root, err := outline.Parse("shop.json", data)      // JSON or YAML, with lines
//	o := outline.New("shop", "OpenAPI 3.0 document shop.json")
//	token := o.Setting("token", outline.Secret(), "bearer scheme \"main\"") // {{ config.token }}
//	o.Streams = append(o.Streams, stream)
//	d, err := o.Definition()
//
// A Type is what a document says of values: of a record, of an answer. It may
// contain itself. RecordsIn finds the list in an answer, Paging how a list goes
// on, Changed the parameter that asks for what is new; each by the names of
// fields and parameters alone, and each says in a note which names these were.
//
// Promises. What Definition returns has at most as many bytes and values as a
// definition may have: schemas are cut, the deepest first, then left out, and
// then streams, and what is cut is said. A secret that a document holds is a
// setting without a value, and stands nowhere in the text. No document makes
// this package panic or hang; one of n bytes takes some hundred times n bytes
// of memory at most.
package outline
