// Package xlsx reads the rows of one sheet of an Office Open XML workbook (.xlsx, .xlsm).
//
// The first row with a value, behind those that skip_rows passes over, names the
// columns, unless the definition does. Rows without a value are passed over; hidden
// rows are rows. Behind the last name no cell may have a value. Of merged cells, the
// first one has the value.
//
//	cell                                  JSON
//	empty                                 null
//	number                                the number, with all digits that the file has;
//	                                      the same digits as a text where the schema has texts and no numbers
//	boolean                               true or false
//	text (shared, inline, rich)           text, its runs joined; a number or a boolean where the schema
//	                                      has those and no texts, and the text is one
//	number with a format of dates         2024-01-02; with a time of day 2024-01-02T03:04:05, to the millisecond
//	number with a format of date and time 2024-01-02T03:04:05
//	number with a format of times         03:04:05, if less than a day; else as date and time
//	number with a format of durations     ISO 8601, PT27H4M5S ([h]:mm:ss)
//	number that is no date (below 0, 29 February 1900, behind the year 9999) with such a format: the number
//	date (ISO 8601)                       its text
//	error (#N/A, #DIV/0!)                 null
//	formula                               the value that the file has for it; without one, the row is an error
//
// Times have no zone: a workbook has none. Workbooks count days from 1900 or from 1904.
//
// Memory: the texts that cells share are kept, up to 32 MiB in memory, and behind that in
// a file without a name; of a sheet there is one row.
package xlsx
