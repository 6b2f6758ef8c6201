// Package supply makes the partitions of a pass, one after the other, when their turn
// comes: each is a context, and a window of its time.
//
// Terms. Partitions come from the state, which owes some and left others open; from
// contexts, cut into windows by package plan; and from the lines of a plan. A [Part] says
// which it is. What pages of parents lead to is asked for by [Supply.Within], all else by
// [Supply.Top] or, for a share of a plan, [Supply.Shared].
//
// Promises.
//
//   - What is done, open or owed when the run begins is made once, and not again from
//     contexts.
//   - A context that several records lead to is made into partitions once in a run.
//   - A partition of the state that the stream no longer has is not made: Dropped is told.
//
// Partitions are made by one goroutine at a time. [Supply.Cut], [Supply.KeyOf],
// [Supply.PartOf] and [Contexts.Resting] may be called from any.
package supply
