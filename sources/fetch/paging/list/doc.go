// Package list says where a walk stands in the API's list: how requests are
// numbered that an API named itself, which places of the list were read though it
// got shorter meanwhile, and what a total counts. All of it is pure.
package list
