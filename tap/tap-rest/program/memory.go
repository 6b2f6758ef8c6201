package program

import (
	"os"
	"runtime"
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

// CollectLate lets the heap have 8 MB, and not 4, before the collector runs for the first
// time: what a run needs to start and to read a few pages is less, and a tenth of its
// time went to a collector that found next to no garbage. From then on all is as ever.
// GOGC says it otherwise.
func CollectLate() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(200)
	runtime.AddCleanup(new([64]byte), func(usual int) { debug.SetGCPercent(usual) }, usual) // garbage of the first time
}
