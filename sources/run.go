package sources

import (
	"time"
)

// Run holds the options of a run: the reserved key "run" of the config.
type Run struct {
	Flush       Flush
	Concurrency int   // partitions walked at a time
	Memory      int64 // bytes of pages held, at most
	Spool       int64 // bytes of pages that wait in the journal, at most
	Journal     Journal
	MaxDuration time.Duration // 0: no limit; likewise below
	MaxRequests int64
	MaxRecords  int64
}

// Journal says where exchanges are kept on disk, and for how long.
type Journal struct {
	Dir      string // "": the user's state folder
	MaxAge   time.Duration
	MaxBytes int64
	Off      bool
	Identity string // what stands in for the secrets in its name; "": nothing
}

// Flush says when collected records leave: at the first condition met; 0
// switches one off.
type Flush struct {
	Responses int
	Interval  time.Duration
	Bytes     int64
}

// DefaultRun returns the options of a run where the config says nothing.
func DefaultRun() Run {
	return Run{
		Flush:       Flush{Responses: 10, Interval: time.Minute, Bytes: 1_000_000},
		Concurrency: 4,
		Memory:      32 << 20,
		Spool:       1 << 30,
		Journal:     Journal{MaxAge: 24 * time.Hour, MaxBytes: 4 << 30},
	}
}
