package program

import (
	"os"
	"runtime/debug"
)

// besideMemory is what the program takes besides run.memory and its own pages, in bytes:
// answers under way, lines, and garbage.
const besideMemory = 36 << 20

// DefaultMemory is run.memory as long as no config was read.
const DefaultMemory = 32 << 20

// BoundMemory makes the collector work harder before the program takes more
// than run.memory and besideMemory: an answer that takes much memory for a
// moment leaves garbage behind. What is in use stays, whatever the bound.
// GOMEMLIMIT says it otherwise.
func BoundMemory(run int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(run + besideMemory)
	}
}
