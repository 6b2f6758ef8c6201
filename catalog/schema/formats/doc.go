// Package formats knows easy signs that a text is of a format of JSON Schema.
// What they accept the judge accepts too. They say nothing of the rest: a sign
// that is missing costs time alone.
package formats
