// Package vigil watches whether a client's login still held when walks ended.
//
// Terms. An [End] is of a walk whose last answer had no records, where neither the login
// nor the definition says whether the login had expired by then. A [Vigil] is of one client:
// it is told of ends, of later answers with records, and of refusals.
//
// Promises.
//
//   - An end is counted from when it comes until an answer with records, to a request that
//     was sent later with the same proof, shows that the login held.
//   - Once the API has refused a login that had held, nothing is counted: it says so itself
//     when one has expired.
//   - However many walks end so, the memory for them is bounded.
package vigil
