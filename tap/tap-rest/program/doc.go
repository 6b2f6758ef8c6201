// Package program is what every command of the program finds around it: the [Runtime] with
// the console, stdout, and the target that stands behind -- on the command line; how streams
// are read out, to stdout or into that target, while others watch; the signals that stop
// all this; and the exit code that an error ends with.
//
// Promises.
//
//   - The exit code is 0, 1, 2, 75, or the worse of the run's and its target's. Orchestrators
//     decide by it.
//   - A signal stops a run in good order, and the program dies by that signal. A second one
//     kills it at once; and so does time, where the run does not end.
package program
