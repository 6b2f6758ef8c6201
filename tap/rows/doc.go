// Package rows knows, from run to run, which records of a stream left: their
// hashes, so that those which did not change are left out, or their keys, so that
// those which are gone can be marked.
//
// Terms. A [Folder] holds the files of one stream of one source. What a state says
// of them, a [state.Rows], names a set and what came after it in a log: together
// they are what the target has, if it has that state. Files of one line of states
// begin with the same name; files of all lines are numbered in the order in which
// they came.
//
// Promises. The target may lose states, and a run may be killed: what later runs
// noted than the state that comes in knows of is not forgotten. Their records may be
// in the target, or not. So a record is left out only if the state proves that the
// target has it as it is, and no later run noted another one under its key; and a
// key is missed if any run noted it, of a pass that began before. What is noted is on disk before the record
// leaves. A file that is lost or damaged is said: then records leave again, or rows
// that are gone stay, but no record is left out and no key marked by mistake.
//
// Files that neither the incoming state nor this run needs are removed, when what
// they say is in another file.
package rows
