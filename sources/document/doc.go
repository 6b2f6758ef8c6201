// Package document reads a text that a person wrote, YAML or JSON, into nodes
// that know where they stand, and holds what is wrong with it.
//
// A [Node] is a value; a [Problem] is what is wrong at one. Aliases and merge
// keys of YAML are expanded, keys keep the order of the file, numbers their
// digits; what YAML reads in a way that its writer hardly meant (leading zeros,
// 0x10, a tag) is a problem. Definitions, configs and the schemas of settings are
// all read so, which is why this is no part of package definition. No input
// makes this package panic, hang, or take memory beyond its limits.
package document
