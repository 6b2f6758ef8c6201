// Package completion completes command lines of the program. A shell's script, which
// [Script] returns, calls the program with the words that are there, and [Complete] says
// which words may stand in the place of the last one: from the model of the command line,
// so that no list of commands and flags is kept anywhere else. Where it has nothing to
// say, the shell offers files.
package completion
