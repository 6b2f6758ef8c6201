// Package certificate says what is proven of walks that ended: how many pages and
// records there were, how many different keys, what ended them, which checks held,
// and what is suspicious.
//
// A [Gatherer] sees the pages and keys of one walk and makes its [Walk] at its end;
// a [Stream] adds up those of a stream. Of a stream with many partitions it holds
// the totals, and the walks that are in doubt, but not very many. A [Record] is all
// that as JSON: in a file, and in the journal.
//
// A walk that an earlier run began is seen from where this run went on: its keys
// are those of the pages from there on, and from_page says so. Its pages, its
// records and the checks against the API's own counts are of the whole walk.
package certificate
