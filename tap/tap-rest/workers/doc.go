// Package workers reads the parts of a pass on many machines, which meet at a NATS server:
// the command submit puts the parts of a plan into a queue, the command worker takes one
// after the other and reads it into a target of its own, and the command status says how
// far they are. The queue and the states are those of package fleet.
package workers
