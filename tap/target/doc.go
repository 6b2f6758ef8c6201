// Package target runs a Singer target of a run's own: a program that reads the run's
// lines on its stdin, loads them, and prints on its stdout the states that it has
// stored everything of.
//
// A [Target] inherits environment, working folder and stderr, as it would in a
// shell's pipe. It is confirmed, line by line, by what it prints: [Keeper] keeps the
// last state in a file. [Target.End] closes its stdin and waits for it. A target that
// is well may take as long as it likes; where the run was stopped, it gets [Patience].
//
// Promises.
//
//   - A state is handed on after the target has printed its whole line, in order, and
//     never one that the target did not print.
//   - No target outlives a run that was stopped by more than [Patience]: it is told to
//     end, then killed. A run that is killed itself leaves the target with the end of
//     its stdin, as a shell's pipe does.
package target
