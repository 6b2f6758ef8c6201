// Package preview is the command preview: the first records of a stream as a table, as lines,
// or as one object that says what was asked for, too. Numbers stand there as the API wrote
// them, and nothing of a record moves a terminal's cursor.
package preview
