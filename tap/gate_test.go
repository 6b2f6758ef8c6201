package tap

import (
	"errors"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// TestGateOfReplay: it lets nothing through, whoever asks.
func TestGateOfReplay(t *testing.T) {
	g := newGate(sources.DefaultRun())
	defer g.stop()
	g.none = true
	for range 2 {
		if err := g.Enter(); !errors.Is(err, fetch.ErrStopped) {
			t.Errorf("got %v, want %v", err, fetch.ErrStopped)
		}
	}
	if g.requests.Load() != 0 || g.why() == "" {
		t.Errorf("%d requests, shut because %q", g.requests.Load(), g.why())
	}
}
