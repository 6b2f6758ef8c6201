package tap

import (
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
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
