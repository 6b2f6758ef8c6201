// Package state is what the next run must know: how far each stream is done,
// and how to go on with what is unfinished.
//
// Terms. A [Bookmark] is what a state says of one stream. A pass is one stream
// read once, at one as_of; while it is unfinished the bookmark holds a
// [Resume], with the request that comes next in every open partition.
// An [Order] compares replication values as what they are, times as instants
// and numbers as numbers.
//
// Promises. A state that cannot be read is an error that says where; it is
// never taken for no state. Streams that nobody touches pass through
// unchanged, byte for byte. Every bookmark is written with all of its keys, as
// null where there is nothing, since orchestrators merge states key by key.
// A [High] never moves back.
//
// Singer's states are one document for all streams, Airbyte's a message for each;
// the bookmark in them is the same.
//
// FORMAT.md beside this file is the reference of the format.
package state
