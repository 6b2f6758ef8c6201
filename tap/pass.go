package tap

import (
	"iter"
	"strings"
	"sync/atomic"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/known"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/findings"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/tap/supply"
	"github.com/tap-rest/tap-rest/tap/tags"
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

// kept is what a pass has open on disk, for later runs. Only the emitter's goroutine uses noted, but for
// its noters.
type kept struct {
	tags  *tags.Tags  // nil: pages are asked for whether they have changed or not
	noted *known.Rows // on disk, of its records; nil: nothing
}

// supplied makes the partitions of a pass.
type supplied struct {
	*supply.Supply
	pass      *pass
	first     *part     // of a pass that has not many
	leftovers leftovers // that pages of parents wait for
}

// splitters are pairs that walks of a stream have used, for the next ones: they
// are large.
type splitters chan [2]*pages.Splitter

// take returns a pair: one for pages as they come, one for those that are read
// again.
func (all splitters) take(s *plan.Stream) (pair [2]*pages.Splitter, err error) {
	select {
	case pair = <-all:
		return pair, nil
	default:
	}
	for i := range pair {
		if pair[i], err = pages.NewSplitter(s.Definition.Records); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

// keep keeps a pair for another walk.
func (all splitters) keep(pair [2]*pages.Splitter) {
	select {
	case all <- pair:
	default:
	}
}

// passed counts for how many of a parent's records partition_by.when is true. Its
// methods may be called from any goroutine.
type passed struct {
	came, passed atomic.Int64
	fields       atomic.Pointer[[]string] // of the first record for which it is not true
}

// mostFields is how many fields of a record are named.
const mostFields = 50

// count takes note of a record.
func (c *passed) count(record []byte, passed bool) {
	c.came.Add(1)
	if passed {
		c.passed.Add(1)
	} else if c.fields.Load() == nil {
		names := []string{}
		gjson.ParseBytes(record).ForEach(func(name, _ gjson.Result) bool {
			names = append(names, strings.Clone(name.Str)) // the record's memory is not ours
			return len(names) < mostFields
		})
		c.fields.CompareAndSwap(nil, &names)
	}
}

// filesOf returns the files that a listing has for the pass; nil: it is none.
func (p *pass) filesOf(from *pass) *listing.Files {
	for f, c := range p.ledBy() {
		if f == from {
			return c.files
		}
	}
	return nil
}

// ledBy are the parents of a pass, and what it is to each: the child whose contexts the
// parent's records are. One that two axes name comes twice.
func (p *pass) ledBy() iter.Seq2[*pass, *child] {
	return func(yield func(*pass, *child) bool) {
		for _, f := range p.feeds {
			for _, c := range f.children {
				if c.pass == p && !yield(f, c) {
					return
				}
			}
		}
	}
}
