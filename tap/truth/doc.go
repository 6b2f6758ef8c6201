// Package truth is a simulation, in its tests, of what a run is made for: an API
// whose rows are created, updated late, back-dated and deleted while it is read,
// by a clock of its own; runs that are killed at any request and at any byte;
// and a target that keeps what it likes of the states.
//
//	go test ./tap/truth                                 # the lives that belong to CI
//	go test ./tap/truth -run TestLives -from 17 -lives 1 # one of them
//
// A life is a world with its streams, and a row of runs over it, made of a seed.
//
// After each run, the target's copy at each STATE that it got is compared with the
// world: what a pass that is over claims to have read must be there, as it is.
// A row that was changed after the pass began is the next one's. A record that
// was never in the API is an error at any time, and so is the mark of a row that was
// there as long as its pass was read; after a run that came to its end, no row is in
// the copy that a pass with on_delete: mark had to miss. And the API's own log is compared
// with the promise on calls: none that was answered is paid for twice, but for
// those that were under way at a kill.
package truth
