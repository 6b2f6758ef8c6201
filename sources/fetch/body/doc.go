// Package body says what the body of an answer is: as it came off the wire and
// decoded, in memory, in a file or in the journal.
//
// Terms. [Layers] are what lies between the wire and the JSON text of a body;
// without any, the wire is the text. A long body does not fit into memory: it
// lies in a file or in the journal, and is decoded as often as it is read. A
// [Store] lends the memory of bodies; for those over 1 MiB there is a [Room]
// besides, which all walks of a run share.
//
// A new format is a file with its Format and one line in the table of formats.
package body
