// Package partial goes on with a long answer that broke off, where it broke off.
//
// A [Part] is the beginning of an answer, of this run or an earlier one, of which there is
// no more than one for a walk. It makes the next request one for the rest, and says of what
// is answered whether it is that.
//
// Promises.
//
//   - Only bytes that are proven to be the rest are appended: by a strong validator, their
//     place and their number. Everything else is asked for as a whole.
//   - A part whose file a later run can go on with stays on disk when it is left, any other
//     goes.
package partial
