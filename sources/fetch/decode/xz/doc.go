// Package xz reads what xz has packed: streams of LZMA2 alone, behind one another, with each
// kind of checksum. Its container is read here and not by the library, which gives a
// dictionary all the memory that a file claims; only LZMA2 is the library's.
//
// Promises.
//
//   - A file that ends too early is [io.ErrUnexpectedEOF], and one whose bytes were changed
//     is an error, before the end is reached.
//   - A dictionary has at most 64 MiB, and no more than what comes out in all.
package xz
