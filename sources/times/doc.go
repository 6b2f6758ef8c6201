// Package times reads and writes times, zones and durations. It imports nothing
// of ours, and any package may import it.
package times
