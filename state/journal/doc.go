// Package journal keeps the exchanges of a source on disk: each request that
// was paid for and its final answer, written before a record of it leaves, so
// that a run that goes on after a crash asks the journal first.
//
// Terms. A [Pass] is one reading of a stream. An [Exchange] is one request and
// its answer; its [Key] says which: number N, from 0, of a walk over a
// partition. A walk that starts over opens a new generation of its partition.
// A frame is what one call writes: an exchange, or a mark (a pass began, ended,
// was dropped; a partition was restarted; an exchange was rejected). Frames lie
// in segments, files that only grow and are deleted whole. A [Place] is where
// an exchange lies. A [Draft] is a body that is too long for memory, while it
// comes: it is no exchange before it is appended. FORMAT.md beside this file has
// every byte.
//
// Promises.
//
//   - What comes out is what went in: every answer is checked against its
//     CRC32C when the journal is opened and again when it is read.
//   - Only the current generation of a partition is served, and of it only
//     what has no gap before it: nothing behind an exchange that is missing, damaged or
//     rejected. An exchange that is kept anew takes the place of the old one and
//     of everything behind it.
//   - Damage in one place costs at most what lies behind it in one partition.
//     The lengths and the key of a frame have a checksum of their own, frames
//     are found again behind a damaged one, and marks are written twice, since
//     a lost one would cost more than itself.
//   - What [Journal.Sync] returned nil for survives a power cut. After a sync
//     that failed nothing more is written: nobody knows then what the disk has.
//   - A write that fails leaves the journal as it was before it.
//   - One run at a time uses a journal: a second one gets [ErrBusy].
//
// Three things it does not promise. A restart or rejection of which both copies
// are damaged, and behind which nothing was kept in that partition, is as if it
// had not been. That an exchange was emitted is not kept: the state that comes in says
// what was stored, while a mark could only say what was written to a pipe, and
// would cost a write for every page; see [Journal.Emitted]. And secrets: the
// package leaves out headers that carry credentials, but the request and the
// other headers are written as the caller gives them, so that the caller
// redacts them. A draft holds what comes: the caller discards one in which a
// secret is.
//
// Bodies without an encoding are packed when they are written: they take a
// sixth of the room.
//
// In memory the journal takes about 50 bytes for each exchange on disk and 50 for
// each partition, but for the partitions that were used last, and of answers at
// most what the last one packed takes, up to 1 MiB.
package journal
