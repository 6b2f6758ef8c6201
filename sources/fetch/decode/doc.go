// Package decode makes JSON text of what answers hold: of files that may be packed,
// in other formats than JSON.
//
// Most formats are records one behind another, in a package of their own each, as
// package file says; the text is an array of them. JSON and XML are documents: the
// text is theirs, and of several in an archive an array.
//
// A new format is its package and a line in a table of formats.
package decode
