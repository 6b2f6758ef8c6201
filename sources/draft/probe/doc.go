// Package probe finds out how a collection of an API is read, by a few calls: where
// the records are, what tells them apart, how new they are, how the API pages, how
// many records it gives at a time, and what it filters by.
//
//	found, err := probe.Look(ctx, firstCall, probe.Options{Tape: probe.NewTape(transport, 8)})
//
// What is found is proven by answers. A way of paging is one that brought a second page
// whose records are others; a filter is one that left out what it should. What only a name
// says is asked (draft.Map.Ask), and stands in Found.Guesses where it had to be decided.
//
// A Tape makes the calls and keeps their answers: it makes no more than it may, and
// the same call once. One that is made of recorded exchanges makes none.
package probe
