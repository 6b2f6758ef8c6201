// Package tracing is how somebody follows a run while it goes on, as spans do.
//
// Terms. A [Tracer] follows the run; what it returns for a stream, a [StreamTracer],
// follows that, and each walk of a [Partition], whose context is that of its requests.
// [Beginning] is the run's side: it tells a tracer of each stream at most once that it
// begins, and once that it ends.
//
// Promises.
//
//   - A stream that has ended is not begun again, though a walk of it comes later.
//   - A Partition says no secret.
package tracing
