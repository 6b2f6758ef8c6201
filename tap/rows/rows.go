package rows

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// Rows are what is known of the records of a stream when a run begins, and what it
// adds. Its methods are called from one goroutine, but for Noter and what that
// returns.
type Rows struct {
	// Lost says what is missing of what the state names, and what follows; "":
	// nothing.
	Lost string

	folder *Folder
	doubts rowset.Fold // of two values of a key, of which one may not be in the target
	set    *rowset.Set // what the target has; nil: that is not known, or nothing
	log    *rowset.Log
	named  state.Rows // what a state says of this run
	known  *known
	asOf   []byte // when the pass of this run began
	close  []func() error
}

// Start is what a run begins with.
type Start struct {
	Named    *state.Rows // what the state says; nil: nothing
	GoesOn   bool        // the run goes on with the pass of that state
	Index    bool        // records are looked up
	AsOf     time.Time   // when the pass of the run began
	OnlyLog  bool        // nothing is compared: what is noted came later than any state says
	Keep     func(value []byte) bool
	Doubtful rowset.Fold // what becomes of two values of which one may not be in the target
}

// Open makes one set of all that is known of the records that left, and begins a
// log. Its error is one of the disk.
func (f *Folder) Open(s Start) (*Rows, error) {
	f.begin(s.Named)
	if s.OnlyLog {
		f.line, f.Header.First = replays, false
	}
	if err := f.list(); err != nil {
		return nil, err
	}
	r := &Rows{folder: f, doubts: s.Doubtful, asOf: since(s.AsOf)}
	if s.OnlyLog {
		if s.Named != nil {
			r.named = *s.Named
		}
		var err error
		r.log, err = rowset.Create(f.path(f.next(), logEnding), f.Header)
		return r, err
	}
	err := r.unite(s)
	if err == nil && s.Index && r.set != nil {
		r.known = newKnown(r.set)
	}
	if err == nil {
		needed := s.Named
		if r.Lost != "" && s.Index { // one that is read again later must not count: what came after it is unknown
			needed = &state.Rows{}
		}
		err = f.clean(needed, r.named.Set, r.named.Log)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// sources are what is known at the start of a run.
type sources struct {
	sorter  *rowset.Sorter
	certain []rowset.Stream // what the target has, if it has the state; the latest last
	doubted []rowset.Stream // what it may have
	set     string          // the one source, if that is a set
	lost    []error
}

// unite makes the set and the log of this run.
func (r *Rows) unite(s Start) error {
	from := &sources{sorter: &rowset.Sorter{Dir: r.folder.Dir}}
	opened := len(r.close)
	seen, err := r.takeNamed(s, from)
	if err == nil && !(s.Index && s.Named == nil) { // else nothing is known, whatever came later
		err = r.later(s, from)
	}
	if err == nil {
		err = r.build(s, from)
	}
	err = errors.Join(err, from.sorter.Close())
	for _, c := range r.close[opened:] {
		err = errors.Join(err, c())
	}
	if r.close = r.close[:opened]; err != nil {
		return err
	}
	if r.named.Set != "" {
		if r.set, err = rowset.Open(r.folder.path(r.named.Set, setEnding), r.folder.Header, s.Index); err != nil {
			return err
		}
		r.close = append(r.close, r.set.Close)
	}
	return r.beginLog(s, seen)
}

// takeNamed takes what the state names. It returns the log, where the run goes on with
// the pass that it is of, and all of it is there.
func (r *Rows) takeNamed(s Start, from *sources) (seen string, err error) {
	if s.Named == nil {
		return "", nil
	}
	if s.Named.Set != "" {
		if set, err := r.openSet(s.Named.Set, setEnding); err != nil {
			from.lost = append(from.lost, err)
		} else {
			from.certain, from.set = append(from.certain, set.Stream()), s.Named.Set
		}
	}
	if s.Named.Log == "" {
		return "", nil
	}
	mark := rowset.Mark{Entries: s.Named.Entries, Sum: s.Named.Sum}
	log, err := r.openLog(s.Named.Log)
	if err == nil {
		err = proves(log, mark)
	}
	if err != nil {
		from.lost = append(from.lost, fmt.Errorf("%s: %w", s.Named.Log, err))
		return "", nil
	}
	switch {
	case s.GoesOn && s.Named.Whole:
		seen = s.Named.Log
	case mark.Entries > 0:
		sorted, err := from.sorter.Sort(log.UpTo(mark), rowset.Later)
		if err != nil {
			return "", err
		}
		from.certain, from.set = append(from.certain, sorted), ""
	}
	return seen, from.doubt(log.Behind(mark), r.doubts)
}

// proves reports an error where a log does not have what a mark names.
func proves(log *rowset.Logged, mark rowset.Mark) error {
	for s := log.UpTo(mark); ; {
		if _, _, ok, err := s.Next(); err != nil || !ok {
			return err
		}
	}
}

// doubt takes what a log has, if that is anything.
func (from *sources) doubt(s rowset.Stream, fold rowset.Fold) error {
	sorted, err := from.sorter.Sort(s, fold)
	if err != nil {
		return err
	}
	one := &peeked{from: sorted}
	if one.key, one.value, one.ok, err = sorted.Next(); err != nil || !one.ok {
		return err
	}
	from.doubted, from.set = append(from.doubted, one), ""
	return nil
}

// later takes what later runs noted.
func (r *Rows) later(s Start, from *sources) error {
	for _, one := range r.folder.later(s.Named) {
		var err error
		if one.ending != logEnding {
			var set *rowset.Set
			if set, err = r.openSet(one.id.String(), one.ending); err == nil {
				err = from.doubt(set.Stream(), r.doubts)
			}
		} else {
			var log *rowset.Logged
			if log, err = r.openLog(one.id.String()); err == nil {
				err = from.doubt(log.All(), r.doubts)
			}
		}
		if err != nil {
			from.lost = append(from.lost, err)
		}
	}
	return nil
}

func (r *Rows) openSet(name, ending string) (*rowset.Set, error) {
	if _, ok := parseID(name); !ok {
		return nil, fmt.Errorf("%q is no name of a set", name)
	}
	set, err := rowset.Open(r.folder.path(name, ending), r.folder.Header, false)
	if err == nil {
		r.close = append(r.close, set.Close)
	}
	return set, err
}

func (r *Rows) openLog(name string) (*rowset.Logged, error) {
	if _, ok := parseID(name); !ok {
		return nil, fmt.Errorf("%q is no name of a log", name)
	}
	log, err := rowset.OpenLog(r.folder.path(name, logEnding), r.folder.Header)
	if err == nil {
		r.close = append(r.close, log.Close)
	}
	return log, err
}

// build writes the set of all sources, unless there is but one, which is a set.
// Where some are lost and records are looked up, nothing is known.
func (r *Rows) build(s Start, from *sources) error {
	if len(from.lost) > 0 {
		r.Lost = errors.Join(from.lost...).Error()
		if s.Index {
			return nil
		}
	}
	if r.named.Set = from.set; from.set != "" || len(from.certain)+len(from.doubted) == 0 {
		return nil
	}
	all := &settled{
		certain: head{from: rowset.Merge(rowset.Later, from.certain...)}, doubted: head{from: rowset.Merge(r.doubts, from.doubted...)}, fold: r.doubts,
	}
	name := r.folder.next()
	_, err := rowset.Build(r.folder.path(name, setEnding), r.folder.Header, all, func(_, value []byte) bool { return s.Keep == nil || s.Keep(value) })
	r.named.Set = name
	return err
}

// beginLog begins the log of the run, with what the pass has read already.
func (r *Rows) beginLog(s Start, seen string) (err error) {
	name := r.folder.next()
	path := r.folder.path(name, logEnding)
	r.named.Log, r.named.Whole = name, !s.GoesOn || seen != ""
	if seen == "" {
		r.log, err = rowset.Create(path, r.folder.Header)
		return err
	}
	old, err := rowset.OpenLog(r.folder.path(seen, logEnding), r.folder.Header)
	if err != nil {
		return err
	}
	defer old.Close()
	r.log, err = rowset.Continue(path, r.folder.Header, old, rowset.Mark{Entries: s.Named.Entries, Sum: s.Named.Sum})
	return err
}

// Add notes records that are about to leave, as a [Noter] noted them.
func (r *Rows) Add(noted []byte, count int64) { r.log.Append(noted, count) }

// Flush makes what was added last. No record may leave before.
func (r *Rows) Flush() error { return r.log.Flush() }

// State is what a state says that covers all that was added.
func (r *Rows) State() *state.Rows {
	if r.folder.line == replays {
		if r.named == (state.Rows{}) {
			return nil
		}
		given := r.named
		return &given
	}
	now := r.named
	if now.Log != "" {
		mark := r.log.Mark()
		now.Entries, now.Sum = mark.Entries, mark.Sum
	}
	return &now
}

// Whole reports whether all that the pass has read is noted.
func (r *Rows) Whole() bool { return r.named.Whole }

// Lacks says that the API may have records of the pass that are not noted.
func (r *Rows) Lacks() { r.named.Whole = false }

// Close closes the files.
func (r *Rows) Close() error {
	var errs []error
	if r.log != nil {
		errs = append(errs, r.log.Close())
	}
	for _, c := range r.close {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// head is the next entry of a stream.
type head struct {
	from       rowset.Stream
	key, value []byte
	ok         bool
}

func (h *head) read() (err error) {
	h.key, h.value, h.ok, err = h.from.Next()
	return err
}

// peeked is a stream whose first entry was read.
type peeked struct {
	from       rowset.Stream
	key, value []byte
	ok         bool
}

func (p *peeked) Next() (key, value []byte, ok bool, err error) {
	if p.ok {
		p.ok = false
		return p.key, p.value, true, nil
	}
	return p.from.Next()
}

// settled hands out what the target has, and, in doubt, what it may have.
type settled struct {
	certain, doubted head
	fold             rowset.Fold
	begun            bool
	last             []*head // that were handed out
	value            []byte
}

func (s *settled) Next() (key, value []byte, ok bool, err error) {
	if !s.begun {
		s.begun, s.last = true, []*head{&s.certain, &s.doubted}
	}
	for _, h := range s.last {
		if err := h.read(); err != nil {
			return nil, nil, false, err
		}
	}
	s.last = s.last[:0]
	c, d := &s.certain, &s.doubted
	if !c.ok && !d.ok {
		return nil, nil, false, nil
	}
	order := 0
	switch {
	case !d.ok:
		order = -1
	case !c.ok:
		order = 1
	default:
		order = bytes.Compare(c.key, d.key)
	}
	switch {
	case order < 0:
		s.last = append(s.last, c)
		return c.key, c.value, true, nil
	case order > 0:
		s.last = append(s.last, d)
		s.value = s.fold(s.value[:0], nil, d.value)
		return d.key, s.value, true, nil
	}
	s.last = append(s.last, c, d)
	s.value = s.fold(s.value[:0], c.value, d.value)
	return c.key, s.value, true, nil
}
