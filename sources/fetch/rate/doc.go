// Package rate says when the next request of a client may start. Four things
// decide, and the longest wait of them holds: the limits that the definition
// declares, the quotas that answers tell of in their headers, the pace that was
// found for a stream whose requests are refused for their rate, where the API has
// not said which one it allows, and a pause that an answer asked for. Where the workers
// of a fleet keep to the declared limits together, Leases decide about those, and about
// how many requests are in flight.
//
// It reads no clock: every call says what time it is. Its types may be used from
// any goroutine where they say so.
package rate
