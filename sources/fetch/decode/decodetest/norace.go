//go:build !race

package decodetest

// Step is which share of the places in a file is tried: each.
const Step = 1
