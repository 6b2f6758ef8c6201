// Package export knows how the job of an export stands, and which files it has. It sends
// nothing and keeps nothing: the walk around it makes the requests, asks the API and the
// journal, and shows each answer to the [Job] of the walk.
//
// Terms. A job is what an API is asked to do by a submission, and whose files are the
// pages of a walk. It is known by the answer to its submission, and a file by its job and
// its place in the list. Slots are how many jobs an API does for a client at a time.
// Streams whose submissions are the same share one job: [Shared] is the table of those.
//
// Promises.
//
//   - A file is known by the same digest whatever its link is, and in whatever order a
//     state that kept the job has its keys.
//   - Files are read in the order of the first poll. A job that goes on with other files
//     than it had, or in an order that cannot be told, is an error.
//   - The key of a submission is the same as long as the walk asks for the same job.
//   - Of several walks that want the same thing of a shared job one gets it, and the
//     others wait for that one. A walk that comes to nothing lets the next one try.
//   - Whoever waits gives its turn up meanwhile, and stops waiting when the run stops.
package export
