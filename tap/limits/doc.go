// Package limits says what of a run may go on, and when: the [Gate] lets
// requests through while the run has a budget and nobody stopped it, [Turns] let
// so many walks go on at a time, and the [Spool] bounds the pages that wait
// for stdout, in memory and on disk. All three are safe for concurrent use.
package limits
