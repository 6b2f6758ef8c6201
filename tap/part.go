package tap

import (
	"context"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// part is a partition on its way through a run. Its lane makes it, a worker walks
// it, and the emitter takes what comes of it.
type part struct {
	*plan.Reading
	pass   *pass
	lane   *lane
	key    progress.Part // what is done when its walk is over
	known  bool          // to the state: it is open, or owed
	owed   bool
	worker *worker // nil: its turn has not come

	leftover *leftover // that it is one of; nil: none

	// stated is closed once a state has the job that was asked for; nil: none was. The
	// walk sets it before it hands the page over, then it is the emitter's.
	stated chan struct{}

	mu   sync.Mutex // of open
	open int        // pages whose children are under way
	free chan struct{}

	at    plan.Standing // the emitter's: where it stands
	steps []step        // that the emitter has not taken: it waits for children
}

// Key is the partition's.
func (p *part) Key() string { return p.key.Key }

// Owed reports whether the partition is owed from an earlier run.
func (p *part) Owed() bool { return p.owed }

// Above are the contexts that the partition belongs to: its own, that of the parent
// whose record led to it, and so on.
func (p *part) Above() (all []uint64) {
	for p != nil {
		if p.key.Context != 0 {
			all = append(all, p.key.Context)
		}
		if p.lane == nil || p.lane.page == nil {
			break
		}
		p = p.lane.page.part
	}
	return all
}

// step is what a page, or the end of a walk, brings a partition.
type step struct {
	at      plan.Standing
	last    bool         // the walk has ended
	lost    bool         // the API forgot the walk: it must start over
	keep    bool         // records may be missing: the bookmark stays
	date    string       // Date of the answer
	came    time.Time    // when it came, by our clock
	failure error        // no page, but the end of the walk, for this reason
	putOff  bool         // no page, but the end of the run: the walk failed for now, and was not tried again
	split   *lane        // no page, but the end of the walk: these partitions take its place
	halves  []*part      // that split makes
	key     *journal.Key // where the journal has the page; nil: nowhere
	page    *openPage    // its children come first; nil: it has none
}

// ends reports whether nothing more comes of the partition in this run.
func (s *step) ends() bool { return s.failure != nil || s.last || s.split != nil }

// lane makes the partitions of one pass that come from one place, in order: from
// the state and the definition, or from a page of a parent. take is called from
// one goroutine.
type lane struct {
	pass *pass
	page *openPage // nil: the top of the run
	next func() (*part, error)

	mu        sync.Mutex
	active    int  // walks that are not over
	exhausted bool // no more parts come

	issued, finished int         // the emitter's: of the parts that came
	complete         bool        // issued is how many there are
	made             int         // by take
	leftovers        []*leftover // that it waits for, besides
	ill              []*part     // that come last: of their contexts, some failed for now
}

// openPage is a page of a parent whose children are not all done. Its lanes are
// counted twice: as those whose walks are over, and by the emitter as those of
// which all is written. While the page itself is worked on, it counts as one.
type openPage struct {
	part   *part // of the parent
	mu     sync.Mutex
	walked int // lanes that are under way
	lanes  int // lanes of which not all is written: the emitter's
	closed bool
}

// leftover is what the state left open of a context of a stream with parents: the
// page of a parent that leads to that context in this run is open until those
// partitions are done, like one that they come of. So no parent is over, and begins
// anew, while a budget of a few requests a run keeps its children from their end.
// What failed for now in the run before comes last, and no page waits for it.
type leftover struct {
	mu      sync.Mutex
	walks   int     // that are not over
	waiting []*lane // that wait for the walks

	parts int     // that have not ended: the emitter's
	lanes []*lane // that wait for those: the emitter's
}

// leftovers are those of a pass, by context. They are put there before the run
// begins, and looked up from the goroutine that makes partitions.
type leftovers map[uint64]*leftover

// batch is a page, or a part of one, on its way to stdout.
type batch struct {
	track  *track
	part   *part // nil: it says something of a lane
	lines  render.Lines
	schema []byte // SCHEMA line that must come first; nil: none
	step   step
	leads  []*lane  // of children, whose walks begin behind it
	astray []astray // records that lead to no children, though they should
	listed []listing.File

	lane   *lane       // all of whose parts are made
	issued int         // how many there are
	broken error       // why there are no more
	gone   *state.Open // a partition of the state that is no longer one
	among  *leftover   // that it was among; nil: none
	handed *part       // that others read
}

// send hands a batch to the emitter, unless the run has ended.
func send(ctx context.Context, batches chan<- *batch, b *batch) bool {
	select {
	case batches <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// worker walks one partition, and makes its pages batches.
type worker struct {
	run      *run
	pass     *pass
	part     *part
	stream   *plan.Stream
	walker   *walker
	reload   *pages.Splitter // the renderer's, for pages that are read again
	renderer *render.Renderer
}

// astray is a record of a parent that leads a child to no context, though it should:
// it has no value for a key, say.
type astray struct {
	parent, child *pass
	err           error
}

// probe looks at the first pages of a stream, of one partition after the other.
type probe struct {
	*worker // of the partition under way
}
