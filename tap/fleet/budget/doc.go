// Package budget makes the rate limits, max_in_flight, pauses and logins of an API hold for
// all workers of a fleet together, by a bucket of NATS JetStream.
//
// Terms. A [Budget] is what a worker has of that: it is given to each of its runs. The
// bucket has three keys of each client, which are named by its id: ledger.ID is what
// package ledger divides, pause.ID what the API asked all of them to wait for, and
// login.ID.NAME what a login gave. clock.WORKER is written by one worker alone, to know
// what time it is at the server. FORMAT.md says what lies there.
//
// Promises.
//
//   - No request waits for the server: what it needs was leased before, or it waits for the
//     next lease, as it does for a limit.
//   - The clocks of the workers' machines decide nothing. Leases are for times of the
//     server's clock, which each worker knows to some milliseconds.
//   - Where the server cannot be reached, nothing more is leased, and requests wait until it
//     can, or their run stops. The log says so once.
//   - What is changed is changed by compare-and-swap. Where nobody knows whether it was, the
//     worker does not use what it would have got.
//   - Nobody who reads the bucket learns a credential: clients are named by a key that is
//     made of them, and logins are sealed by another.
package budget
