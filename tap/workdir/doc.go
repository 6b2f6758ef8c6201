// Package workdir is where a run keeps what is worth keeping between runs:
// schemas that it inferred, records that it refused, journals. Folders are 0700,
// files 0600.
//
// Names of definitions and streams are strangers' text. The names of their files
// are made of them, never taken: see [Name] and [Entry].
package workdir
