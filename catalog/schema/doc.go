// Package schema says whether what an API sent is what was promised: does a
// page hold what its definition says, does a record fit its schema, what
// schema do records suggest, and what do they have that a schema lacks.
//
// # Words
//
// A body is the bytes of one answer, decompressed. A page is a body that is
// proven to be JSON and UTF-8 and in which the records were found. A record is
// one JSON object of a page. A schema is a JSON Schema of the records of one
// stream. The judge is gojsonschema: it alone rejects a record. The fast check
// spares it the records that surely fit: it may only accept. Inference makes a
// schema of records. Drift is what records have that their schema does
// not know, or knows otherwise.
//
// # Pages
//
// [PageScanner] proves a body in one pass over its bytes and finds the records
// on the way, where a [RecordPath] says that they lie. Plain paths (keys and
// indexes with dots between) are walked in that pass. Any other gjson path is
// followed afterwards, in what is proven by then, and what gjson computes is
// proven again: gjson is never asked whether something is JSON.
//
// The same pass holds each record against what [PageScanner.Expect] was given:
// a [check.Expectation], which [Schema.Expect] compiles of the schema and of what
// else is [check.Wanted]. Its [check.Finding] says whether the record surely fits and has
// no new field, where its replication value lies, and [Page.AppendRecord]
// leaves out what is not to leave. Records that were made (keyed, columns), or
// to which fields are added, are looked at by themselves:
// [check.Expectation.Look].
//
// Records that were made of columns ([Columned]) are not read again: their names and
// the types of their values are held against the schema once for all of them, and only
// values of which it asks more are looked at, where they lie.
//
// A [scan.BodyError] says what was expected where, and what came. An answer without
// the path is one too, unless the definition allows it: what was not
// understood is not taken for the last, empty page.
//
// # Records
//
// [Compile] makes a [Schema] of a document, and [Schema.Check] returns the
// [Violation] of a record that does not fit; [Schema.AppendRepaired] puts null
// in place of what does not; model.IgnoredIn says what of the document is not
// checked. infer.Inference reads records one by one. [Fields] finds fields that a
// schema does not name, and cuts them out; infer.AddFields and infer.Widen change
// the schema instead.
//
// # Rooms
//
// This package finds records (page and stream), asks the judge (judge, violation,
// repair) and says what a schema names (fields). What it does so with stands below
// it, each room on those before it:
//
//   - kinds: the JSON types, and numbers that nobody may see
//   - scan: a text is proven to be JSON
//   - formats: signs that a text is a date, an address, …
//   - model: a schema document and the schemas in it
//   - check: the compiled check of a pass
//   - infer: schemas of records, and for records that do not fit
//
// # Promises
//
//   - Records are bytes and leave as they came. Only keyed records and rows
//     under columns are made: of a key or names, and of the bytes that came.
//   - What is not JSON, or not where it should be, yields no records at all.
//   - What the fast check accepts, the judge accepts: tests hold one against
//     the other, by the official test suite and at random.
//   - No body makes a scan panic, or recurse with its nesting, but for the
//     nesting of a schema that refers to itself, or hold more than a bounded
//     multiple of its size. Nesting is bounded by [scan.MaxDepth], a
//     record by [MaxRecord].
//   - A scan of plain paths allocates nothing, once its page has grown to the
//     size of the pages that come.
package schema
