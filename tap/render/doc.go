// Package render makes the pages of a walk lines: records filtered, cut, added to
// and checked, as they leave.
//
// Terms. A [Schema] is what is known of a stream's records. The height of a walk is what
// its bookmark can become. How records are found in a page, and which parts of them leave,
// is package pages; what they show that a person should know is package findings.
//
// Promises. Nothing is allocated for a record that is as its schema says. A record
// leaves as the bytes that came, but for what the definition cuts and adds. What
// does not fit is on disk before the page that it came in leaves.
package render
