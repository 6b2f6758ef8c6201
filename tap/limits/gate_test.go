package limits

import (
	"errors"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// TestGateOfReplay: it lets nothing through, whoever asks.
func TestGateOfReplay(t *testing.T) {
	g := NewGate(sources.DefaultRun())
	defer g.Stop()
	g.AllowNone()
	for range 2 {
		if err := g.Enter(0); !errors.Is(err, fetch.ErrStopped) {
			t.Errorf("got %v, want %v", err, fetch.ErrStopped)
		}
	}
	if g.requests.Load() != 0 || g.Why() == "" {
		t.Errorf("%d requests, shut because %q", g.requests.Load(), g.Why())
	}
}
