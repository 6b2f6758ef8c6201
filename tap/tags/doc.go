// Package tags keeps what the answers of a pass said (ETag and its like), by which a
// later one asks only for what has changed: those of the last finished pass are
// read, and those of this one gathered, and put in their place once it is over. A
// set is named by its pass, and used by none but the pass that comes after that, by
// its state: what a target has not stored comes again. Once a page leaves that has
// changed, the target may have more than that state says, and the set is used by no
// further pass: a page may be again what it was, and not what left.
package tags
