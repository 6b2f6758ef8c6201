// Package repeat finds what comes again in a walk: pages, by which a walk is
// known to go round; records, by which a list is known to have moved; and whole
// walks, of which two that agree are true. It knows pages by hashes, and nothing
// of how they are asked for.
package repeat
