// Package simulation has no code of its own: its tests let very many workers read a plan
// in a world of its own time, to see what becomes of a fleet that no machine here holds.
//
// What is real: the planner makes the plan, package ledger divides the API's limit and its
// places among the workers, package progress merges the states of the parts, and a run
// reads the rest of the plan, which ends the pass. What is simulated: time, the API, the
// way to the NATS server, its queue and its bucket, and the runs of the parts. One seed
// makes one world: nothing in it goes by the clock, or by goroutines.
package simulation
