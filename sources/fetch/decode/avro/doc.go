// Package avro reads object container files of Avro 1.12.
//
// A file says itself what its records are: its header has their schema, the codec of
// its blocks and a marker that stands behind each block. All codecs of the
// specification are read: null, deflate, bzip2, snappy, xz and zstandard. Values are
// read as they were written: a reader's schema, aliases and defaults have no part in
// it.
//
//	type (logical type)                     JSON
//	null                                    null
//	boolean                                 true, false
//	int, long                               a number with all its digits
//	float, double                           the shortest number that reads back to the same float of
//	                                        its width; NaN and infinities are null
//	bytes, fixed                            base64, with padding
//	string                                  text; what is no UTF-8 is an error
//	enum                                    the symbol, as text
//	array                                   an array
//	map                                     an object
//	record                                  an object, with all its fields in their order
//	union                                   the value alone: nothing names the branch
//	bytes, fixed (decimal)                  a number with all its digits, zeros at its end included:
//	                                        12.50; beyond 4096 of them behind the point with an exponent
//	bytes (big-decimal)                     the same; the scale is the value's own
//	string (uuid)                           the text as it is
//	fixed of 16 (uuid)                      9b2f1c04-6d3e-4f0a-8a51-0c7e2d1b6a99
//	int (date)                              2024-01-02
//	int (time-millis)                       03:04:05.123
//	long (time-micros)                      03:04:05.123456
//	long (timestamp-millis)                 2024-01-02T03:04:05.123Z
//	long (timestamp-micros)                 2024-01-02T03:04:05.123456Z
//	long (timestamp-nanos)                  2024-01-02T03:04:05.123456789Z
//	long (local-timestamp-millis, -micros,  the same without Z
//	-nanos)
//	fixed of 12 (duration)                  P1M2DT3.004S: months, days and milliseconds, as the file
//	                                        has them
//
// A logical type that is unknown, or that does not fit its type, leaves the plain
// type. Years beyond 0 to 9999 have a sign (+12024-01-02), and times that no day has
// are written all the same (25:00:00.000), so that nothing is lost: what proves
// records by their schema says that they are wrong. A file whose schema is no record
// has records with the one field value.
//
// # Bounds
//
// One block is in memory at a time. It may have 64 MiB, packed and unpacked each, a
// record 50 MiB as JSON, a schema 4 MiB, a decimal 4096 bytes, and values may lie
// 10,000 deep in each other. Of records that take no bytes a block may hold 16 Mi, of
// such items an array 64 Ki. What is more ends in an error.
//
// A file that ends between two blocks cannot be told from one that is whole: the
// format has no end. All other ends are errors that wrap io.ErrUnexpectedEOF.
package avro
