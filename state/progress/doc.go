// Package progress is how far a pass of a stream with many partitions has come:
// which windows of which contexts are done, which are open, and where, and which
// are owed, since they failed for good. It has no input, no output and no clock.
//
// Terms. A [Part] is a partition: a window of a context. What is done of a
// context are windows that touch neither each other nor what is left; when
// nothing is left the context itself is done, and its windows are forgotten.
//
// Promises. Parts may end in any order: the same parts lead to the same state.
// What is done is never asked for again by who asks [Pass.Need] first. The cost
// of a part does not grow with the number of contexts that are done, which take
// 8 bytes each.
package progress
