// Package known is what a pass knows of the records of its stream that left before, so
// that it leaves out those which did not change (skip_unchanged), or finds out which are
// gone (on_delete: mark).
//
// Terms. Rows are kept by package rows, in the work folder. What a pass notes of its
// records is in a state as [state.Rows]; a run that has another state than the folder
// says which of it is lost, and what becomes of that.
//
// Promises.
//
//   - What was noted of a record is on disk before the record leaves ([Rows.Flush]).
//   - Nothing is marked as gone of which it is not known: a pass that lacks something
//     says why ([Rows.Lacks]), and more keys than max_deletes are an error
//     ([Rows.Gone]).
//   - A nil *Rows notes nothing.
package known
