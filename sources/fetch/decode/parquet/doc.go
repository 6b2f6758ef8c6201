// Package parquet reads Apache Parquet files: their row groups in turn, and of each the
// columns side by side, a page of each at a time. It reads all encodings and codecs of
// the format but LZO and the bit-packed levels that the format gave up, pages of both
// versions, and checks the CRC of pages that have one. A file that is encrypted, or
// whose values lie in other files, is an error.
//
// # Values
//
// The logical type decides, or the converted type of an old file; a column without
// either is what its physical type says.
//
//	Parquet                           JSON
//	null                              null
//	BOOLEAN                           true, false
//	INT32, INT64, INT(8 to 64, signed or not)
//	                                  number, with all digits
//	FLOAT, DOUBLE, FLOAT16            number: the shortest that reads back to the same
//	                                  float of that width; NaN and infinities: null
//	DECIMAL(p, s)                     number with s digits behind the point: 1.50
//	STRING, ENUM                      text; an error if it is not UTF-8
//	JSON                              the value itself; an error if it is no JSON
//	BSON, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY, GEOMETRY, GEOGRAPHY
//	                                  base64
//	UUID                              "00112233-4455-6677-8899-aabbccddeeff"
//	DATE                              "2024-01-02"
//	TIME (ms, µs, ns)                 "03:04:05.123", with 3, 6 or 9 digits; no zone
//	TIMESTAMP (ms, µs, ns), UTC       "2024-01-02T03:04:05.123Z", with 3, 6 or 9 digits
//	TIMESTAMP, local                  the same without Z
//	INT96                             a timestamp with 9 digits and, as the file names no
//	                                  zone, none
//	INTERVAL                          "P1M2DT3.004S"
//	NULL (UNKNOWN)                    null
//	group                             object
//	LIST, and repeated columns        array
//	MAP with keys that are text       object
//	MAP with other keys               array of {"key":…,"value":…}
//	VARIANT                           object of its columns, metadata and value in base64
//
// Years before 0 and behind 9999 have a sign, as ISO 8601 has them: "+12024-01-02".
// Lists of two levels and those of old names, and MAP_KEY_VALUE, are read by the rules
// that the format has for old writers. An empty list is [] and a list that is null is
// null.
//
// [file.Schemed] is the schema of the file: columns that are optional, and floats, are
// of type null too; local timestamps have no format, since a date-time has a zone.
//
// # Memory
//
// It holds the footer, and one page and one dictionary of each column of a row group:
// of a file with pages of a usual size, about 1 MiB for each column. What a file
// claims is bounded before there is memory for it: 512 MiB for all that is open at
// once, 2^14 columns, 100 groups in each other.
package parquet
