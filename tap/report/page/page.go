package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/report"
)

// Page is a page under way.
type Page struct {
	program string
	made    time.Time
	only    string // the stream that it is about; "": all
	most    int    // calls
	sources []source
	streams []stream
	index   map[streamKey]int
	feeds   map[string]bool // the passes, by their ids, that are read for children alone
	calls   []call
	leftOut int // calls that are older than those
	bodies  beginnings
}

// mostCalls is how many calls a page has, the latest ones.
const mostCalls = 100_000

// New begins a page, about one stream or all. program is the version of this one.
func New(program, only string, now time.Time) *Page {
	return &Page{program: program, only: only, made: now, most: mostCalls, index: map[streamKey]int{}, feeds: map[string]bool{}, sources: []source{}, streams: []stream{}, bodies: beginnings{limit: longestBeginning, most: mostBeginnings}}
}

// Source is a journal and what its last run came to.
type Source struct {
	Folder string
	Last   *report.LastRun // nil: not recorded
	Passes []Pass
}

// Pass is a pass in a journal, and what was proven of it; nil: nothing, or not yet.
type Pass struct {
	journal.Pass
	Feed        bool // it is read for the sake of its children alone
	Certificate *certificate.Record
}

// source is a journal as the page has it.
type source struct {
	Name    string   `json:"name"` // of the definition; "": not recorded
	Folder  string   `json:"folder"`
	Run     *lastRun `json:"run"`   // null: not recorded
	Later   int      `json:"later"` // calls since its end
	started time.Time
	ended   time.Time
}

// lastRun is what holds for a run as a whole.
type lastRun struct {
	Program string `json:"program"`
	Started int64  `json:"started"` // in milliseconds since 1970, as all times of the page
	Took    int64  `json:"took"`
	Stopped string `json:"stopped"`
	Flushes int64  `json:"flushes"`
}

// stream is a stream of a source as the page has it. One that is read for its children too
// is there twice.
type stream struct {
	Source      int               `json:"source"`
	Name        string            `json:"name"`
	Feed        bool              `json:"feed"`        // it is read for the sake of its children alone
	Run         *report.StreamRun `json:"run"`         // null: not recorded
	Pass        string            `json:"pass"`        // finished, unfinished; "": the journal has none
	AsOf        int64             `json:"asOf"`        // of that pass
	Proof       string            `json:"proof"`       // its certificate in one line; "": not recorded
	Verdict     string            `json:"verdict"`     // likewise
	Certificate *proof            `json:"certificate"` // likewise
}

// proof is what a certificate says besides its line.
type proof struct {
	Doubts []string                 `json:"doubts"`
	Signs  []string                 `json:"signs"`
	Walks  []certificate.WalkRecord `json:"walks"`
}

type streamKey struct {
	source int
	name   string
	feed   bool
}

// Size is how many streams, each counted once, and calls the page has.
func (p *Page) Size() (streams, calls int) {
	names := map[streamKey]bool{}
	for _, s := range p.streams {
		names[streamKey{source: s.Source, name: s.Name}] = true
	}
	return len(names), min(len(p.calls), p.most)
}

// Begin begins a source: the calls that are added from now on are its.
func (p *Page) Begin(s Source) {
	one := source{Folder: s.Folder}
	if l := s.Last; l != nil {
		took := time.Duration(l.Seconds * float64(time.Second))
		one.Name, one.started, one.ended = l.Definition, l.Started, l.Started.Add(took)
		one.Run = &lastRun{l.Program, l.Started.UnixMilli(), took.Milliseconds(), l.Stopped, l.Flushes}
	}
	p.sources = append(p.sources, one)
	if s.Last != nil {
		for i := range s.Last.Streams {
			p.addRun(&s.Last.Streams[i])
		}
	}
	passes := slices.Clone(s.Passes)
	clear(p.feeds)
	slices.SortStableFunc(passes, func(a, b Pass) int { return a.Begun.Compare(b.Begun) })
	for _, pass := range passes {
		p.addPass(pass)
	}
}

// stream returns the place of a stream of the source that was begun, as it is read for
// itself or for its children; nil: the page is not about it.
func (p *Page) stream(name string, feed bool) *stream {
	if i := p.streamAt(name, feed); i >= 0 {
		return &p.streams[i]
	}
	return nil
}

func (p *Page) streamAt(name string, feed bool) int {
	if p.only != "" && name != p.only {
		return -1
	}
	key := streamKey{len(p.sources) - 1, name, feed}
	i, ok := p.index[key]
	if !ok {
		i = len(p.streams)
		p.index[key] = i
		p.streams = append(p.streams, stream{Source: key.source, Name: name, Feed: feed})
	}
	return i
}

// addRun adds what a run came to for a stream.
func (p *Page) addRun(r *report.StreamRun) {
	if s := p.stream(r.Stream, r.Feed); s != nil {
		s.Run = r
		s.certify(&r.Certificate)
	}
}

// addPass adds a pass; the latest one of a stream counts.
func (p *Page) addPass(pass Pass) {
	s := p.stream(pass.Stream, pass.Feed)
	if s == nil {
		return
	}
	p.feeds[pass.ID] = pass.Feed
	s.Pass, s.AsOf = "unfinished", pass.AsOf.UnixMilli()
	if pass.Finished {
		s.Pass = "finished"
	}
	if s.Run == nil {
		s.certify(pass.Certificate)
	}
}

// certify takes a certificate; nil, or one without a walk, is none.
func (s *stream) certify(c *certificate.Record) {
	s.Proof, s.Verdict, s.Certificate = "", "", nil
	if c == nil || c.Walks == 0 && len(c.Doubts) == 0 {
		return
	}
	s.Proof, s.Verdict = report.CertificateText(c), string(c.Verdict)
	s.Certificate = &proof{c.Doubts, c.Signs, c.Named}
}

// Add adds an exchange of a stream.
func (p *Page) Add(e *journal.Exchange, stream string) {
	if at := p.streamAt(stream, p.feeds[e.Pass]); at >= 0 {
		p.add(e, at, "")
	}
}

// AddFailed adds an exchange that failed for good.
func (p *Page) AddFailed(f *journal.Failure) {
	if at := p.streamAt(f.Stream, p.feeds[f.Pass]); at >= 0 {
		p.add(&f.Exchange, at, cmp.Or(f.Why, "not recorded"))
	}
}

func (p *Page) add(e *journal.Exchange, stream int, failed string) {
	c := newCall(e, stream, failed, &p.bodies)
	if s := &p.sources[len(p.sources)-1]; s.Run != nil {
		c.made = madeBefore
		if !e.At.Before(s.started) {
			c.made = madeByRun
		}
		if e.At.After(s.ended.Add(time.Second)) {
			c.made, s.Later = madeLater, s.Later+1
		}
	}
	p.calls = append(p.calls, c)
	if p.bodies.take(len(c.body)) {
		for i := range p.calls {
			p.calls[i].body = p.bodies.cut(p.calls[i].body)
		}
	}
	if len(p.calls) > p.most+p.most/4 {
		p.dropOldest()
	}
}

// dropOldest keeps as many calls as the page has, the latest ones.
func (p *Page) dropOldest() {
	slices.SortStableFunc(p.calls, func(a, b call) int { return cmp.Compare(a.start, b.start) })
	n := max(0, len(p.calls)-p.most)
	for i := range p.calls[:n] {
		p.bodies.held -= len(p.calls[i].body)
	}
	p.leftOut += n
	left := copy(p.calls, p.calls[n:])
	clear(p.calls[left:])
	p.calls = p.calls[:left]
}
