// Package rules holds what no key of a definition can break alone: what the keys of a stream
// are to each other once inheritance is applied ([Stream], [Fields]), and what its streams
// are to each other ([Streams]).
//
// Each rule reads the nodes of the file, for the place of a problem, and the stream that was
// built of them, for what they mean. It knows nothing of how nodes are read: of the grammar
// it is told what it must know ([Way]).
//
// Promises. A rule says nothing where the value it is about was refused already, and
// reports all that it finds: it changes nothing but [sources.Definition.Check].
package rules
