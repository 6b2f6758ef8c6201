// Package kinds is the JSON types as JSON Schema has them, and what is to be
// known of a number before the judge is given it: whether it is whole, and
// whether it is so long or so large that none may see it.
package kinds
