// Package console is what the program says besides the protocol: stderr, as a log
// in text or JSON, the account of a run, and the lines on a terminal that show how
// far it is. It knows stdout as far as somebody reads it, or as Airbyte's lines
// are written there.
//
// Promises.
//
//   - stderr never blocks a run: lines that nobody reads wait in bounded memory,
//     and the oldest of them are left out.
//   - The log stands above what is drawn, whole; what is drawn changes only where the
//     run does, and is gone, or left whole, when the program ends.
//   - No secret of the run is printed, whatever a line quotes.
package console
