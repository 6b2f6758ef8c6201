// Package pace says which request of a client may start when.
//
// Terms. A [Passage] is how one request comes through: whose it is, what it costs, and
// which credential of a pool it asks with. [Admission] lets it through, one for each
// client: it asks the gate of the run, the limits that the definition declares or the API
// shows (package rate), and the client's slots for requests in flight. An [Answer] is what
// the head of an answer says about waiting. A [Turn] is what a walk gives up while it waits.
// [Spent] is what waiting and asking took, for whoever counts it.
//
// Promises.
//
//   - Nothing that waits for a rate holds a slot. A request is counted only with one:
//     those that were let through long ago do not start all at once.
//   - Every wait ends when the gate closes, or the context ends: the error is [ErrStopped].
//   - A wait that is long is told once in the log, and shown in Spent as long as it goes on.
//   - A template by which requests are counted, and which no answer has a value for, is
//     told: after a few answers and at the end. In a run with a budget no further request
//     starts whose cost nobody would count.
package pace
