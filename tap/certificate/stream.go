package certificate

import "github.com/tap-rest/tap-rest/sources/fetch/paging"

// Stream adds up the certificates of the walks of a stream that ended in this run.
type Stream struct {
	Fields   []string // of the primary key
	Walks    int64
	Verdicts map[Verdict]int64
	By       map[paging.End]int64
	Held     map[paging.Check]int64 // in how many walks a check held
	Pages    int64
	Records  int64
	Total    int64 // the API's own, of those walks that have one
	Totals   int64 // how many have one
	Keys     Keys
	Signs    []string
	Doubts   []paging.Doubt // the first of them
	Doubted  int64          // how many there were
	Named    []Walk         // the first of those that are in doubt, or the only one
	Never    NeverNamed
}

// NeverNamed are the walks that are not proven for one reason: no answer had anything
// where the definition looks for the next page.
type NeverNamed struct {
	Walks int64
	Text  string // of the first
}

// mostNamed is how many walks of one stream are kept, and how many doubts and
// signs: one with many partitions may have one of each.
const (
	mostNamed = 100
	mostKept  = 20
)

// Add adds a walk.
func (s *Stream) Add(w *Walk) {
	if s.Verdicts == nil {
		s.Verdicts, s.By, s.Held = map[Verdict]int64{}, map[paging.End]int64{}, map[paging.Check]int64{}
	}
	s.Walks++
	s.Verdicts[w.Verdict()]++
	s.never(w)
	s.By[w.By]++
	for _, c := range w.Held {
		s.Held[c]++
	}
	s.Pages, s.Records = s.Pages+w.Pages, s.Records+w.Records
	if w.Total != nil {
		s.Total, s.Totals = s.Total+*w.Total, s.Totals+1
	}
	s.Keys.Came, s.Keys.Distinct = s.Keys.Came+w.Keys.Came, s.Keys.Distinct+w.Keys.Distinct
	s.Keys.Partly += w.Keys.Partly
	s.Keys.Unknown = s.Keys.Unknown || w.Keys.Unknown
	s.Signs = append(s.Signs, w.Signs[:min(len(w.Signs), mostKept-len(s.Signs))]...)
	s.Doubt(w.Doubts...)
	s.name(w)
}

// Different says how many different keys the walks have together; exactly is false
// where that is the most there may be.
func (s *Stream) Different(keys int64, exactly bool) {
	s.Keys.Distinct, s.Keys.AtMost = keys, !exactly
}

// Doubt adds doubts that are of no walk, or of one that is added.
func (s *Stream) Doubt(all ...paging.Doubt) {
	s.Doubts = append(s.Doubts, all[:min(len(all), mostKept-len(s.Doubts))]...)
	s.Doubted += int64(len(all))
}

// name keeps a walk that is in doubt, and the first one as long as it is alone.
func (s *Stream) name(w *Walk) {
	if s.Walks == 2 && s.Named[0].Verdict() != InDoubt {
		s.Named = s.Named[:0]
	}
	if s.Walks == 1 || w.Verdict() == InDoubt && len(s.Named) < mostNamed {
		s.Named = append(s.Named, *w)
	}
}

// never counts a walk that would be proven, had an answer had anything where the
// definition looks for the next page.
func (s *Stream) never(w *Walk) {
	other := *w
	other.NeverNamed = ""
	if w.Verdict() != NotProven || other.Verdict() != Proven {
		return
	}
	if s.Never.Walks++; s.Never.Text == "" {
		s.Never.Text = w.NeverNamed
	}
}

// Unnamed says that no answer of any walk had anything where the definition looks for
// the next page; "" where one had: then that is spelled as the API does, and an answer
// without it is the last one.
func (s *Stream) Unnamed() string {
	if s.By[paging.EndNoNext] > 0 {
		return ""
	}
	return s.Never.Text
}

// Count is how many walks came to a verdict.
func (s *Stream) Count(v Verdict) int64 {
	n := s.Verdicts[v]
	if s.By[paging.EndNoNext] == 0 {
		return n
	}
	switch v {
	case Proven:
		n += s.Never.Walks
	case NotProven:
		n -= s.Never.Walks
	}
	return n
}

// Verdict is the worst of the walks; "" where none ended.
func (s *Stream) Verdict() Verdict {
	switch {
	case s.Doubted > 0:
		return InDoubt
	case s.Count(NotProven) > 0:
		return NotProven
	case s.Walks > 0:
		return Proven
	}
	return ""
}
