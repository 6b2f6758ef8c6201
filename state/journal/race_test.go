//go:build race

package journal

// raceEnabled: tests of single bytes take a sample, since they take ten times as long.
const raceEnabled = true
