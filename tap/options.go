package tap

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
)

// Options are the inputs of a run.
type Options struct {
	Definition  *sources.Definition
	Config      *sources.Config
	Catalog     *catalog.Catalog // nil: all streams
	CatalogFile string           // named in messages
	State       *state.State
	StateFile   string            // named in messages
	WorkDir     string            // folder for inferred schemas and quarantined records
	Transport   http.RoundTripper // nil: the network
	Version     string
	Protocol    Protocol // nil: Singer's
	Out         io.Writer
	Hooks
	Parting
	Log    *slog.Logger
	Replay bool // read the last pass again from the journal alone
}

// Parting is how a run and others read together, by a plan; each may be nil.
type Parting struct {
	Share   *planfile.Share // nothing else is read; nil: all is
	HandOut *HandOut        // takes what other runs are to read; nil: this one reads all
}

// Hooks are how a run and whoever started it hear of each other while it goes on;
// each may be nil.
type Hooks struct {
	Budget  fetch.Budget                         // what the workers of a fleet share; without one, the run keeps to the limits by itself
	Rotated func(setting []string, token string) // told, from any goroutine, of a refresh token that takes the place of a setting
	Gone    <-chan struct{}                      // closed when nobody reads Out any more; nil: writing finds out
	Watch   func(*report.Account)                // called now and then from the run's goroutine
	Tracer  Tracer                               // follows the run
	Stored  func() error                         // called once all is written and nothing failed to be; its error says that not all of it is stored, so that the next run goes on with the same passes, from the journal
}

// planInputs are the inputs that all runs of a plan have in common.
func (o *Options) planInputs() *planfile.Inputs {
	return &planfile.Inputs{Program: o.Version, Definition: o.Definition, Config: o.Config, Catalog: o.Catalog}
}

// follows is what clients tell of each request; nil: nobody follows them.
func (h *Hooks) follows() func(context.Context, *fetch.Trail) {
	if h.Tracer == nil {
		return nil
	}
	return h.Tracer.Request
}
