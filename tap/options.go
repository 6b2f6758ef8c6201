package tap

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
	"github.com/tap-rest/tap-rest/tap/workdir"
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
	Tracer  tracing.Tracer                       // follows the run
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

// A HandOut takes the partitions that a run plans for others, in place of reading them.
type HandOut struct {
	Line func(planfile.Planned) error   // takes a partition, or says what the next pass owes; one at a time
	End  func(planfile.Head, int) error // of so many lines: the plan is whole; it is called before the STATE that goes with it
}

// check refuses options of the run that it could not keep to, before a request is
// made. Its error is an *InputError.
func (o *Options) check() error {
	run := &o.Config.Run
	if name := run.Certificate; name != "" {
		if err := workdir.Writable(name); err != nil {
			return unusable("run.certificate: %s cannot be written, so nothing was fetched: %w; name a file in a folder that this user may write to", name, err)
		}
		if err := workdir.Replaceable(name, report.CertificateBegin); err != nil {
			return unusable("run.certificate: %s is not replaced, so nothing was fetched: %w", name, err)
		}
	}
	costs := func(s *sources.Stream) bool { return s.Call.Cost != nil }
	if run.MaxCost > 0 && !o.Replay && !slices.ContainsFunc(o.Definition.Streams, costs) {
		return unusable("run.max_cost is %v, but no stream of the definition has a cost, so the run would spend without a limit, and nothing was fetched: "+
			"write cost in client or stream, which says what a request costs; or leave run.max_cost out", run.MaxCost)
	}
	return nil
}

// CheckShare refuses a plan of something else than a run with these options would read. It
// makes no call. Its error is an *InputError.
func CheckShare(o Options) error {
	if err := o.Share.Check(o.planInputs()); err != nil {
		return &InputError{err}
	}
	return nil
}
