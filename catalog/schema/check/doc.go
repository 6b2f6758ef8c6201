// Package check holds values against a compiled schema while it proves that they
// are JSON: one pass, no allocation, no number ever a float.
//
// It may only accept. What fits surely fits, by the rules of the judge (see
// schema.Schema); everything else, certain violations too, goes to the judge,
// which alone rejects and says why. Keywords and values that it is not sure of
// are unsure, never fits: adding to it can make it faster, not wrong.
//
// [Expect] compiles an [Expectation] of a document and of what else is [Wanted]
// of records. A [Run] looks at them while their page is proven,
// [Expectation.Look] at one that lies alone. [ColumnsRun] spares records that
// are made of columns what their names and types decide.
package check
