// Package planfile is a plan as it is written: what a run would read, line by line, so
// that several runs read it together.
//
// Terms. The [Head] is the first line: what all partitions have in common, and the state
// in which their passes have begun. Each line behind it, [Planned], is a partition, and
// [End] is the last line, without which the plan was cut off. A [Share] is a part of a
// plan that one run reads alone: some of its partitions, or what is left when those were
// read.
//
// Promises.
//
//   - [Read] keeps no line of a plan but those of the share.
//   - A share of the same plan and the same partitions has the same [Share.Name],
//     whoever reads it: its journal is found again.
//   - What a run of the share begins from is [Share.State]; what it leaves, [Share.Own],
//     can be merged with the state of the plan.
//
// Who reads by other inputs than the plan was made from is refused by [Share.Check],
// before a call is made. The package makes no request, and writes nothing.
package planfile
