package tap

import (
	"path/filepath"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// roomShare is which part of run.memory the answers over 1 MiB take that are under
// way, and as much those that are read back from the journal.
const roomShare = 4

func newClients(r *run) *clients {
	return &clients{
		run: r, made: map[*sources.Client]*fetch.Client{}, apis: map[*fetch.Client]*patience.API{},
		ahead: body.NewRoom(r.Config.Run.Memory / roomShare), back: body.NewRoom(r.Config.Run.Memory / roomShare),
	}
}

// of returns the one client of all streams that share a stream's.
func (all *clients) of(s *plan.Stream, vars expr.Vars) *fetch.Client {
	r := all.run
	c := all.made[s.Definition.Client]
	if c == nil {
		c = fetch.NewClient(s.Definition.Client, fetch.Options{
			Transport: r.Transport, Secrets: r.Config.Hider, Ahead: all.ahead, Back: all.back,
			UserAgent: "tap-rest/" + r.Version, Gate: r.gate, MaxCost: r.Config.Run.MaxCost, Log: r.Log, Hasty: r.look != nil, Budget: r.Budget, Follow: r.follows(),
			Tokens: fetch.Tokens{Dir: filepath.Join(r.work.Dir, "tokens"), Replace: workdir.Replace, Rotated: r.Rotated},
			Limits: fetch.Sharing{Dir: filepath.Join(r.WorkDir, "limits"), Salt: func() ([]byte, error) { return folders.Salt(filepath.Join(r.WorkDir, "limits", "salt")) }},
		}, vars)
		all.made[s.Definition.Client] = c
		all.apis[c] = patience.NewAPI(c, r.turns, r.Config.Run.Concurrency, r.Log)
	}
	c.Reads(s.Name)
	return c
}

// close closes all of them.
func (all *clients) close() {
	for _, c := range all.made {
		c.Close()
	}
}
