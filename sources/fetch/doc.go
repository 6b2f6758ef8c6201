// Package fetch walks one partition of a stream over HTTP: it builds each
// request, paces it, proves who asks, repeats what failed for now, and finds
// the next page.
//
// Terms. A [Client] is a host with its credentials and its pace, shared by
// streams. An [Exchange] is one request and its final answer, after retries and
// redirects. A [Page] is an exchange whose body is proven: its records are
// known and so is what comes next. A [Walk] is the session over one partition,
// from its first request, or from a position that an earlier walk reached, to the
// proof that it ended. What follows an answer, and whether that ends the walk, is
// said by its pager: see package paging. What is sent is made by package request,
// and what proves who asks is put on it by package auth.
//
// A long page is one whose body does not fit into memory: it lies in a file,
// its records come in pieces, and of the rest there is what stands beside them.
// One of very many records is long too, though its body is in memory. Memory
// for bodies over 1 MiB is a [body.Room] that all walks of a run share: a body for
// which there is none makes its page a long one.
//
// A walk is the loop; around it, each has its own: builder makes the request for the
// next page, package pace says which request of a client may start when, transport sends
// it and receives the answer, judge decides what becomes of that, asker asks again,
// ahead asks for pages behind the next one, conversation opens and closes what the
// server keeps of the walk, and recorder keeps answers in the journal and gives them
// back. None of them knows the walk. The judge goes by what a view shows of the answer,
// by the definition's rules, by signs that the login has expired, and by what a meter
// counts.
//
// An export is a job that the API is asked to do, and whose files are the pages of a
// walk: its first page is the answer to the request for the job, which has no records;
// then come those of each file. A job is known by that answer, and a file by the job and
// its place in the list, not by its link: that is signed anew, and on any host. Streams
// whose jobs are asked for by the same request share one.
//
// Rooms: when a request may start in pace, how a long answer that broke off is gone on
// with in partial, what a body is proven by and what its records are in records, whether
// the login still held in vigil; how the job of an export stands,
// which files it has and who shares it in export; how a client says by TLS who it is in
// identity, what an answer shows to be wrong with a definition in advice, how an answer
// lies in the journal in recorded.
//
// Promises.
//
//   - A page is proven whole (status, length, encoding, JSON, UTF-8, the place
//     of its records) before a walk hands it out.
//   - A walk ends on evidence, or its last page says why its end is in doubt: a
//     [paging.Doubt] is what the definition's own keys say against it, or what the last
//     answer says in other places.
//   - A walk fails as going round only where that is certain: for the same
//     request again, the same page with the same next page, or the same records
//     under the next number. It goes on over pages without records, and says so.
//   - A total that shrinks sends a numbered walk back to where rows may have
//     moved; with overlap, so does a record that is not found again, and with
//     on_incomplete: again a walk is done until two agree. What may be missing
//     all the same is doubted, or said to be unproven. A total that falls below
//     what was read, in an answer without records, is no end.
//   - Every wait has an end: an answer by the stream's timeout, a pause by the
//     attempts of its retry, and both at once when the run stops.
//   - Each attempt is proven anew, when all waiting is over. Where a proof is
//     refused and there is another one, the request is asked once more.
//   - Credentials stay on the host of base_url: neither a redirect nor a link
//     to a next page carries them to another.
//   - Positions, errors and log lines hold no secret, nor anything that a
//     template makes of one, however an answer spells it. A position that was
//     kept goes on with the secrets of the day; one that they do not open is
//     lost, and its walk starts over.
//   - No second job is asked for where the walk's position or the journal has the answer
//     to the first, unless the API has lost it, says that it failed, or it is not done in
//     time; no poll is sent before a state has it. A submission whose answer was lost is
//     made again by the same key, where the definition sends one.
//   - A long answer that breaks off goes on where it broke off, in the same run or the
//     next, only with bytes that are proven to be its rest: by a strong validator, their
//     place and their number.
//   - Links to files are shown, logged and kept without what signs them.
//   - Who follows a client's requests (Options.Follow) hears of each once, when it is over,
//     with its attempts and waits, and of no secret. Without a follower, nothing is noted.
//   - Redirects, like retries, count as requests: for the rates, for the gate.
//   - Nothing that waits (for a rate, for Retry-After) holds one of the
//     client's slots for requests in flight.
package fetch
