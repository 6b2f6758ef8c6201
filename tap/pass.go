package tap

import (
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/findings"
)

// pass is a pass of a stream that is under way in this run: what its partitions
// share.
type pass struct {
	run       *run
	stream    *plan.Stream
	decision  *plan.Decision
	client    *fetch.Client
	schema    *render.Schema
	findings  findings.Stream
	patience  *patience.Patience
	track     *track
	many      bool // it has windows or contexts
	supply    *supplied
	splitters splitters // that no walk uses
	recorded  string    // its id in the journal; "": there is none
	kept      kept
	parted    parted
	family
}

// parted is what of a pass runs read that read together, by a plan.
type parted struct {
	share     []planfile.Planned // the partitions that alone are read; nil: all are
	handedOut bool               // its partitions are planned, for others to read
	ofPlan    bool               // its partitions stand in a plan: no parent is read for them
}

// vars are what the templates of the stream's requests may use.
func (p *pass) vars() expr.Vars { return p.decision.Vars(p.run.Config.Values) }

// family is what a pass is to others: its contexts may be their records, and its
// records their contexts.
type family struct {
	feeds    []*pass  // whose records are its contexts
	children []*child // whose contexts its records are
	depth    int      // of its stream below those without a parent
	feed     bool     // its records are contexts, and do not leave
	over     bool     // it was read for children, and to its end, in an earlier run
	owes     bool     // it was read for children, but not all of it: something failed for good in an earlier run, or led nowhere
	less     bool     // it may have led children to what nothing leads to any more: its requests, or its own values, are other ones than when it began
}

// child is a pass whose contexts the records of another one are.
type child struct {
	pass   *pass
	of     *plan.Children
	when   *expr.Template // of its axis; nil: each record leads to a context
	passed passed
	files  *listing.Files // that the records name; nil: they name none, or are not told apart by time
}
