// Package report is what people look at while a run goes on and when it is over:
// its account as a table, recorded answers as text, and as an HTTP Archive that
// browsers open.
//
// A [Display] holds the [Account] of a run, to which tap adds the [Outcome] of
// each page. What may happen to a record is one line in the table of counts. A [LastRun]
// is the account as it is kept beside the journal, for package page, which makes a page
// of both.
package report
