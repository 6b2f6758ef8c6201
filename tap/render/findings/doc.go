// Package findings keeps what the records of a stream show, beside whether they fit their
// schema, that a person should know: keys that do not tell records apart, rows that move
// while they are read, replication values that are missing, early or of the future.
//
// Terms. A [Finder] looks at the records of one partition as they leave, and counts in its
// [Walk] what it finds. What the walks of a stream came to is its [Stream]: of a stream with
// many partitions, the log tells of each kind once.
//
// Promises. Nothing is allocated for a record that is not odd. No more of a record is told
// than its primary key and the values of a few fields, shortened.
package findings
