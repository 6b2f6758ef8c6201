package sources

import (
	"cmp"
	"encoding/json"
	"sort"
	"time"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/sources/settings"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Config is what a user gives for a run, checked against its definition.
type Config struct {
	Values   expr.Value    // what templates see as config: an object, defaults filled in
	Secrets  secret.List   // the values of all secret settings
	Hider    *secret.Hider // which takes them, and what comes of them, out of texts
	Run      Run
	Warnings []string // what was given and is not used
	public   []byte   // the settings without secrets, canonical JSON
}

// Given is what a user gives for a run, before a definition says what of it is
// right.
type Given struct {
	Settings *document.Node              // an object, without the reserved keys
	Run      Run                         // the zero Run is [DefaultRun]
	Origin   func(pointer string) string // the file or the variable that gave a setting; nil: "config"
	Proxies  secret.List                 // the passwords in the URLs of proxies
	Problems settings.Problems           // what was found wrong before
	Warnings []string
}

// Configure checks what the user gave against the definition. Its error is
// [settings.Problems].
func (d *Definition) Configure(g Given) (*Config, error) {
	d.Complete()
	s := d.Settings
	if g.Run == (Run{}) {
		g.Run = DefaultRun()
	}
	if g.Origin == nil {
		g.Origin = func(string) string { return "config" }
	}
	c := &Config{Run: g.Run, Warnings: g.Warnings}
	unknown := s.Unknown(g.Settings, g.Origin)
	filled := s.Filled(g.Settings)
	public, secrets := s.Split(filled)
	c.Secrets = secrets
	c.Hider = secret.NewHider(c.Secrets)
	c.Hider.LearnUsers(append(settings.UserInfos(filled), g.Proxies...))

	problems := append(s.Check(filled, g.Origin), g.Problems...)
	if len(problems) > 0 {
		problems = append(problems, unknown...) // a misspelt one is why another is missing
		sort.SliceStable(problems, func(i, j int) bool { return problems[i].Pointer < problems[j].Pointer })
		for i := range problems {
			problems[i].Msg = c.Hider.Message(problems[i].Msg)
		}
		return nil, problems
	}
	for _, p := range unknown {
		c.Warnings = append(c.Warnings, p.Error()+" (it is not used)")
	}
	c.Values = expr.JSONBytes(filled.AppendJSON(nil, false))
	if public != nil {
		c.public = public.AppendJSON(nil, true)
	}
	return c, nil
}

// ConnectionSpecification is what Airbyte makes its form of.
func (d *Definition) ConnectionSpecification() json.RawMessage {
	return d.Settings.Specification(cmp.Or(d.Description, d.Name))
}

// Public returns the settings without those that are secret, as JSON; nil: there are none.
func (c *Config) Public() []byte { return c.public }

// Run holds the options of a run: the reserved key "run" of the config.
type Run struct {
	Flush       Flush
	Concurrency int   // partitions walked at a time
	Memory      int64 // bytes of pages held, at most
	Spool       int64 // bytes of pages that wait in the journal, at most
	Journal     Journal
	Window      *times.Span   // of streams, in place of incremental.window; nil: that
	Start, End  string        // a range of time that is read again; "": as always
	MaxDuration time.Duration // 0: no limit; likewise below
	MaxRequests int64
	MaxRecords  int64
	Activate    bool   // activate_version: a full table read to its end takes the place of all rows from before
	Certificate string // file of what was proven; "": none
	MaxCost     Cost
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
