// Package records says what a walk's answers are proven by, and proves them.
//
// Terms. A [Splitter] knows the format of bodies and the place of records in it: package
// fetch is handed one. [Records] are what it finds in a body. [Pieces] are the records of a
// body of which not all are in memory at a time. A [Prover] proves each answer of a walk
// with its splitter.
//
// Promises.
//
//   - A body is proven whole before any of its records is handed out: a long one, and one
//     of very many records, in a pass of its own.
//   - A splitter is used by one goroutine at a time, though answers to requests ahead are
//     proven while the walk goes on.
package records
