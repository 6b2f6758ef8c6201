// Package ledger divides the rate limits and max_in_flight of an API among the workers of
// a fleet. It is pure: it reads no clock, starts no goroutine and sends nothing. Whoever
// uses it says what time it is, and carries the ledger from one worker to the next.
//
// Terms. The [Ledger] of a client is what all its workers know in common. It is changed
// whole, by compare-and-swap. The [Holder] of a worker has what this worker leased: requests
// start by it without asking anybody. The class of a request is the set of the limits that
// count it. [Time] is that of the one clock that all workers go by. Limits are divided in
// two ways:
//
//   - As places: max_in_flight, and limits of requests whose time is a minute or less. A
//     limit of 40 a second has 40 places, and a request takes one for a second (and a
//     sixteenth), as it takes one of max_in_flight until it is over. A worker holds places
//     until others want them, and says so now and then, its beat: the more workers there
//     are, the more seldom. Where there are fewer places than workers, they take turns.
//   - As starts: limits of points, and of a longer time, since places that a worker has
//     taken are lost for that time if it dies. A start is the right to send one request
//     within a tick, a short span of time; ticks are the same for all workers. What is leased
//     of one limit for some time is a [Span]. An epoch is some ticks, for which starts are
//     leased together.
//
// Promises.
//
//   - In any span of a limit's time, and a sixteenth of it for requests that were longer
//     under way than others, no more start than the limit allows, whatever becomes of the
//     workers: places are never more than the limit, and are not held by two workers within
//     its time; a start that is not used within its tick is not used at all. A worker that
//     does not know the time exactly takes places for longer, and leases longer spans, by
//     what it does not know.
//   - Workers get equal parts, but none more than it wants, of the places and of the starts
//     of each epoch. What nobody leased when its epoch has begun, anybody may lease.
//   - What is not used is given back with the next lease, and what a dead worker held
//     lapses: starts with their ticks, places when its beats stop.
//   - No more requests are in flight than there are places, but for those of a worker that
//     could not renew its lease while they were under way.
package ledger
