// Package pages finds the records of a page and says how each of them leaves.
//
// Terms. A [Splitter] proves a body and finds its records, for package fetch. A [Projection]
// is how a record leaves: without what the catalog deselects, with what add says, and not at
// all where keep says so.
//
// Promise. Nothing is allocated for a record whose templates allocate nothing.
package pages
