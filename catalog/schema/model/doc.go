// Package model is a schema document as a tree of values that can be changed,
// and the schemas in it.
//
// [Parse] looks a document over: it is JSON, its references lead to schemas in
// it and do not run in circles, its types are known, its numbers can be read,
// and it is not so deep or so branched that judging by it would not end. A
// [Node] is one value of it: it is taken apart when it is first looked into,
// keeps the order of its keys, and is written as it came where nothing was
// changed. A [Group] is the schemas that judge one value together. [IgnoredIn]
// says what of a document the judge does not ask.
//
// A document is for one goroutine at a time, since it takes itself apart.
package model
