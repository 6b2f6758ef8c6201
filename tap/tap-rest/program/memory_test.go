package program_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestCollectLate: the collector waits for twice as much once, and never where GOGC says
// when it is to run.
func TestCollectLate(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever the tests run with
	t.Setenv("GOGC", "100")
	if program.CollectLate(); percent() != 100 {
		t.Errorf("with GOGC it waits for %d percent", percent())
	}
	t.Setenv("GOGC", "")
	if program.CollectLate(); percent() != 200 {
		t.Errorf("at first it waits for %d percent, want 200", percent())
	}
	runtime.GC()
	ctx, cancel := context.WithTimeout(t.Context(), testrig.Patience)
	defer cancel()
	for percent() != 100 {
		if ctx.Err() != nil {
			t.Fatalf("after it ran it waits for %d percent, want 100", percent())
		}
		runtime.Gosched()
	}
}

// percent is what the heap grows by until the collector runs.
func percent() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
