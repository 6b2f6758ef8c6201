// Package plan says what a run reads of its streams, and from where: the windows
// of time that requests ask for, and the keys of partitions.
//
// Everything in it is computed from its arguments. It asks no clock, reads no
// file and writes no log.
package plan
