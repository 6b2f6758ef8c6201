// Package parts reads a pass in parts: the command plan says which parts there are, flags
// of a run name the part that it reads, a run with --emit-plan writes a plan of what it
// leaves to others, and the command state merge joins the states of all of them.
//
// A plan is lines of JSON: a head, a partition on each line, and a last line that says how
// many there are, so that a plan which was cut is known by it.
package parts
