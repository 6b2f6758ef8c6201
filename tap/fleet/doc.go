// Package fleet keeps, on a NATS server with JetStream, what several workers share of
// the passes of one source: its parts in a queue, what became of each, and the bookmark
// that all of them make together.
//
// A [Fleet] has a name, under which the server has the queue of parts that nobody has read
// yet, a bucket of keys (what the [Pass] is, and an [Entry] for each part that somebody had)
// and one of objects (the plan, and the bookmark). FORMAT.md says what lies there.
//
// How it goes. [Fleet.Begin] makes a plan the pass: its partitions are queued. Workers
// take them with [Worker.Take], and read each as a share of the plan. What the target of a
// worker confirms is kept with [Part.Keep]; a part that is read whole is done
// ([Part.Done]), and one that failed comes again later, or is given up ([Part.Failed]).
// When all are done, the first worker that finds the queue empty queues the rest of the
// plan: the streams that are not read in parts, and the ends of the passes. Who reads it
// begins from the states of all parts, and its state is the fleet's bookmark.
//
// Promises.
//
//   - A part lies in the queue once, however often it is submitted: the subject takes one
//     message, and message ids keep doubles out.
//   - A part is taken from the queue only after the server has its state, which the
//     target has confirmed. States are merged, never replaced: a worker that was taken for
//     dead and comes back takes nothing away.
//   - Who holds a part says so three times in each lease. A worker that could not, since
//     it was paused or cut off, gives the part up by itself ([Part.Lost]).
package fleet
