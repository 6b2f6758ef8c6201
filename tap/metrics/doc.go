// Package metrics writes what a run comes to into a file, in the text format of Prometheus,
// for the textfile collector of node_exporter.
//
// A [File] is written when the run begins, each minute while it goes on, and when it has
// ended, with its exit code. Each time it says when: a program that was killed writes no
// more, so that its file says for ever that it runs, but not that it was written of late.
// Its numbers are those of the latest [report.Snapshot] that it
// saw: they begin with 0 in each run, as counters do whose program starts anew. All of them
// have the label run, the name of the file, so that files of several runs may lie in one
// folder. When the last run without an error ended is taken over from the file of before.
//
// Promises.
//
//   - Who reads the file has it whole, of one moment.
//   - The run neither waits for the file nor fails for it: where it cannot be written, the
//     log says so once.
package metrics
