// Package plan says what a run reads of its streams: which partitions, in which
// order, from where on, and which pass of a stream goes on.
//
// Terms. A [Stream] is what a stream is in this run. A [Decision] is the pass of
// it that is read: an unfinished one of the state, one of the journal, or a new
// one. A [Partition] is what one walk asks for, and a [Standing] where that walk
// stands. A [Clock] is how the stream reads and writes times.
//
// Promises. Everything is computed from arguments, which stay as they are. The
// package asks no clock, reads no file and writes no log: why a pass goes on or
// begins is part of the decision.
package plan
