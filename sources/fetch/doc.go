// Package fetch walks one partition of a stream over HTTP: it builds each
// request, paces it, proves who asks, repeats what failed for now, and finds
// the next page.
//
// Terms. A [Client] is a host with its credentials and its pace, shared by
// streams. An [Exchange] is one request and its final answer, after retries. A
// [Page] is an exchange whose body is proven: its records are known and so is
// what comes next. A [Walk] is the session over one partition, from its first
// request, or from a [Position] that an earlier walk reached, to the proof
// that it ended.
//
// Promises.
//
//   - A page is proven whole (status, length, encoding, JSON, UTF-8, the place
//     of its records) before a walk hands it out.
//   - A walk ends on evidence. The same token twice, the same body twice, fewer
//     records than the API's own total, "more" without a next page: each is an
//     error that names both requests, never an end.
//   - Every wait has an end: an answer by the stream's timeout, a pause by the
//     attempts of its retry, and both at once when the run stops.
//   - Credentials stay on the host of base_url: neither a redirect nor a link
//     to a next page carries them to another.
//   - Nothing that waits (for a rate, for Retry-After) holds one of the
//     client's slots for requests in flight.
//   - What errors and positions say holds no secret.
package fetch
