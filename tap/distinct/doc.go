// Package distinct counts how many different keys there were, of any number.
//
// Terms. A key is a number that stands for the primary key of a record. A [Counter]
// takes those of one walk; all counters of a run share a [Pool], which bounds what
// they hold in memory. A run is what a counter held when there was no more room:
// sorted, on disk.
//
// Promises. The count is exact: no key is left out, and none is counted twice. What
// is held in memory is 8 bytes for a key, up to 1 MiB of all walks; beyond that it
// does not grow with the keys, but for 32 KiB for each million while they are merged. A key costs no allocation. The file of a counter has no name as soon as
// it is open, where the system can do that: nothing of it stays behind a run that
// is killed.
package distinct
