package tap

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
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
	Rotated     func(setting []string, token string) // or nil: told, from any goroutine, of a refresh token that takes the place of a setting
	Log         *slog.Logger
	Gone        <-chan struct{}       // closed when nobody reads Out any more; nil: writing finds out
	Replay      bool                  // read the last pass again from the journal alone
	Watch       func(*report.Account) // nil, or called now and then from the run's goroutine
}
