// Package runjournal is the journal as a run uses it: passes begin in it and go on,
// walks keep their exchanges there, flushes say what a STATE covers, and what was
// proven is kept beside it. Where it cannot be written, the run fetches no more. A
// replay reads it only, and a run may have none: all methods take a nil [Journal].
package runjournal
