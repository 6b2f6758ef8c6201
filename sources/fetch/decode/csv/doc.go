// Package csv reads files of rows whose fields stand between delimiters: CSV as RFC
// 4180 has it, and its dialects.
//
// # Rows
//
// Lines end in LF or CRLF; the last one may have no end. A quoted field holds
// delimiters, line ends, lone CRs and, doubled, quotes. Spaces are part of a field. A
// UTF-8 byte order mark before the first row is dropped, and so is a line by which the
// file tells Excel its delimiter (sep=;), which is taken unless the definition has one.
// Blank lines are passed over, but where there is exactly one column: there a blank line
// is a record whose field is empty, as programs write it.
//
// The first row names the columns, unless the definition does. Each name is there and
// is there once; each row has a field for each column, or fewer where the definition
// allows short rows: what they lack is null.
//
// Nothing is guessed. A quote within a field that begins with none (the definition may
// allow it), text behind a closing quote, a CR alone outside quotes, a NUL byte (in a
// file that is text it means UTF-16 or damage) and text that is no UTF-8 are errors
// with row and byte. Rows count from 1 with all that was passed over: the one that
// names the columns, lines that are skipped, comments, blank lines. A file that was cut
// within its last field looks whole: only what carries it (a length, a checksum) proves
// that it is.
//
// # Values
//
// Values are text, as it stands in the file, unless the record's schema lets no string
// in where the column's value goes. Then the field, quoted or not, becomes:
//
//	schema             field                                   record
//	integer, number    a number as JSON writes it: 1, -0.50    that number, digit for digit
//	boolean            true, True, TRUE; false, False, FALSE   true; false
//	object, array      the JSON text of one                    that JSON, compact
//	null               an empty field                          null
//	any of these       anything else: +5, 1,5, 007, NaN, yes   the text, which the schema refuses
//	string, or a union with it, with or without a format, or no type    the text; "" where it is empty
//	any                a text of null_values, without quotes   null
//
// The schema's words that are looked at: type, anyOf, oneOf, allOf, properties,
// additionalProperties and $ref to its definitions or $defs.
//
// # Speed
//
// Fields are copied from the block that was read into the record, eight bytes at a
// time, by the same loop that looks for their ends. Most have neither quotes nor escapes,
// and are values of their columns as they stand: a loop makes them that calls nothing. A
// record allocates nothing, but for fields that become objects or arrays. Rows says of records where their values end and
// of what types they are, so that whoever checks them reads no more of them than that.
package csv
