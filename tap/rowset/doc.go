// Package rowset keeps sets of rows on disk: what a stream's records were when
// they left, or which keys they had. It knows neither network nor clock.
//
// Terms. An entry is a key and a value, both bytes. A [Log] gathers entries in the
// order in which they come; a [Set] has each key once, sorted. A [Mark] names what
// a log held at a time, by the number of its entries and a sum of all of them. A
// [Fold] says what becomes of two values of a key.
//
// Promises. A set is there whole or not at all: it is written beside its place and
// renamed. All of it is checked when it is opened, and of a log all up to a mark:
// what is damaged, cut or of another kind is an error, never other entries. What
// is held in memory does not grow with the entries, but for the index of a set in
// which keys are looked up: some bytes for each KiB. A lookup allocates nothing.
//
// # Files
//
// Both kinds of file begin with eight bytes, TAPROWS1 or TAPROWL1, and a header: its
// length and its CRC-32C, as little-endian uint32 like all numbers here, then JSON.
//
// A set goes on with blocks: the length of its entries, their number and their
// CRC-32C, uint32 each, then the entries. The last block has length 0, the number
// of the blocks before it, and the CRC-32C of their CRCs. A log goes on with
// frames: length and number of entries, uint32 each, then the CRC-64 (ECMA) of
// everything from the first frame on, but for these sums, as uint64, then the
// entries. An entry is the length of its key as uvarint, the key, the length of
// its value as uvarint, and the value.
package rowset
