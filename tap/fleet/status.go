package fleet

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Counts are how many parts of a pass there are of each kind. The rest of the plan is
// none of them.
type Counts struct {
	Parts   int    `json:"parts"`
	Waiting int    `json:"waiting"`
	Working int    `json:"working"`
	Owed    int    `json:"owed"`
	Failed  int    `json:"failed"`
	Done    int    `json:"done"`
	Rest    Status `json:"rest"` // what became of the rest of the plan
}

func (c *Counts) add(e *Entry) {
	if e.Stream == "" {
		c.Rest = e.Status
		return
	}
	switch e.Status {
	case Working:
		c.Working++
	case Owed:
		c.Owed++
	case Failed:
		c.Failed++
	case Done:
		c.Done++
	default:
		return
	}
	c.Waiting--
}

// counting is who counts the parts of a pass, for all workers that find nothing to do.
type counting struct {
	Until time.Time `json:"until"` // UTC
}

const (
	countKey = "count"
	// recount is after which time they are counted again.
	recount = 5 * time.Second
)

// counted counts the parts of a pass; nil: another worker does, or did just now. Of ten
// million parts, a thousand workers would read terabytes.
func (f *Fleet) counted(ctx context.Context, p *Pass) (*Counts, error) {
	key, mine := countKey+"."+p.ID, false
	err := change(ctx, f.server, key, func(c *counting) error {
		at := now()
		if mine = c.Until.Before(at) || c.Until.After(at.Add(recount)); mine { // or by another clock
			*c = counting{Until: at.Add(recount)}
		}
		return nil
	})
	if err != nil || !mine {
		return nil, err
	}
	c := Counts{Parts: p.Parts, Waiting: p.Parts, Rest: Waiting}
	err = f.entries(ctx, p.ID, func(e *Entry) error {
		c.add(e)
		return nil
	})
	return &c, err
}

// Report is how far a pass is.
type Report struct {
	Pass *Pass `json:"pass"`
	Counts
	Entries []Entry `json:"entries"` // of parts under way, owed and failed, without their states
}

// Report says how far the latest pass is; nil: there was none yet.
func (f *Fleet) Report(ctx context.Context) (*Report, error) {
	p, err := f.Pass(ctx)
	if err != nil || p == nil {
		return nil, err
	}
	r := &Report{Pass: p, Counts: Counts{Parts: p.Parts, Waiting: p.Parts, Rest: Waiting}, Entries: []Entry{}}
	err = f.entries(ctx, p.ID, func(e *Entry) error {
		r.add(e)
		if e.Status == Working || e.Status == Owed || e.Status == Failed {
			e.State = nil
			r.Entries = append(r.Entries, *e)
		}
		return nil
	})
	slices.SortFunc(r.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Partition, b.Partition))
	})
	return r, err
}
