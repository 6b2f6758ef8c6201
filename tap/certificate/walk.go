package certificate

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// CheckKeys holds where no key came twice in a walk whose pages were all seen.
const CheckKeys paging.Check = "keys"

// Verdict is what a certificate comes to.
type Verdict string

// The verdicts, the best first.
const (
	Proven    Verdict = "proven"
	NotProven Verdict = "not_proven" // nothing speaks against it, but nothing shows that no row moved
	InDoubt   Verdict = "in_doubt"
)

// Partition names what was walked.
type Partition struct {
	Key     string // as plan and journal have it
	Context string // its values as JSON; "": the stream has none
	Window  string // its start and end; "": it has none
}

// Walk is the certificate of a walk that ended.
type Walk struct {
	Partition
	paging.Proof
	Keys      Keys
	FromPage  int64    // the first page that was seen, from 1
	Unchanged int64    // records of answers that did not change, and did not come: their keys are not counted
	Back      bool     // the walk asked for pages again, so that keys came twice
	Signs     []string // what is suspicious besides the doubts
}

// Keys are what is known of the primary keys of records.
type Keys struct {
	Came        int64 // records with one
	Distinct    int64 // different ones
	AtMost      bool  // some of those came in two walks, and nobody counted them
	Unknown     bool  // nobody counted them, or not to the end
	Partly      int64 // walks of which an earlier run read the first pages, whose keys are not counted
	First, Last string
}

// Doubled is how many records came under a key that had come before.
func (k *Keys) Doubled() int64 {
	if k.Unknown {
		return 0
	}
	return k.Came - k.Distinct
}

// Verdict is what the certificate comes to.
func (w *Walk) Verdict() Verdict {
	switch {
	case len(w.Doubts) > 0:
		return InDoubt
	case w.Unproven != "" || w.NeverNamed != "" || w.Keys.Doubled() > 0 && !w.Back:
		return NotProven
	}
	return Proven
}

// judgeKeys takes what the keys show into the certificate.
func (w *Walk) judgeKeys() {
	k := &w.Keys
	if w.FromPage > 1 {
		k.Partly = 1
	}
	switch doubled := k.Doubled(); {
	case doubled == 0 && k.Came > 0 && !k.Unknown && w.FromPage == 1 && w.Unchanged == 0:
		w.Held = append(w.Held, CheckKeys)
	case doubled > 0 && w.Back: // it asked for them
	case doubled > 0 && w.Total != nil && *w.Total == w.Records:
		w.sign(fmt.Sprintf("as many records came as pagination.total says, %d, but %d of them under a key that had come before: as many others may be missing", w.Records, doubled))
	case doubled > 0:
		w.sign(fmt.Sprintf("%d of %d records came under a key that had come before in this walk", doubled, k.Came))
	}
}

// mostSigns is how many signs of one walk are kept.
const mostSigns = 10

func (w *Walk) sign(text string) {
	if len(w.Signs) < mostSigns {
		w.Signs = append(w.Signs, text)
	}
}
