//go:build race

package decodetest

// Step is which share of the places in a file is tried: under the race detector each
// takes ten times as long.
const Step = 3
