package repeat

import (
	"crypto/sha256"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
)

// Records are the records of a page, in its order.
type Records interface {
	Len() int
	Record(i int) []byte
}

// Watch is what a walk with overlap, or one that is done again, sees of the
// records of a page.
type Watch struct {
	paths []string // of the fields that tell records apart; nil: all of a record does
	sure  bool     // they tell apart what a record was at two times, too
	Want  []Seen   // the last records of the page before
	keep  int      // how many of the last records are remembered

	seen  int    // records
	Exact int    // of want, as many as the page begins with
	Found bool   // one of want is among them
	Last  []Seen // the last ones
	Sum   Digest // of all
}

// Seen is a record that may come again: its key, and all of it where the key
// alone does not say that the record is as it was. One that was changed may have
// been moved, and proves nothing wherever it is found.
type Seen struct {
	Key Digest  `json:"key"`
	All *Digest `json:"all,omitempty"`
}

// NewWatch is what is to be seen of the records after a position, nil if nothing
// is.
func NewWatch(s *sources.Stream, want []Seen) *Watch {
	keep := int(s.Pagination.Overlap)
	if keep == 0 && s.OnIncomplete != sources.Again {
		return nil
	}
	eye := &Watch{Want: want, keep: keep}
	for _, name := range s.Keys {
		eye.paths = append(eye.paths, gjson.Escape(name))
	}
	if eye.sure = len(s.Keys) == 0 || s.ReplicationKey != ""; s.ReplicationKey != "" && len(s.Keys) > 0 {
		eye.paths = append(eye.paths, gjson.Escape(s.ReplicationKey))
	}
	return eye
}

// see takes note of a record.
func (s *Watch) see(record []byte) {
	one := Seen{Key: s.digest(record)}
	all := one.Key
	if !s.sure {
		all = whole(record)
		one.All = &all
	}
	if s.Exact == s.seen && s.seen < len(s.Want) && one.Key == s.Want[s.seen].Key {
		s.Exact++
	}
	for _, e := range s.Want {
		s.Found = s.Found || one.Key == e.Key && (e.All == nil || *e.All == all)
	}
	if s.seen++; s.keep > 0 {
		s.Last = append(s.Last[max(0, len(s.Last)+1-s.keep):], one)
	}
	s.Sum.add(all)
}

// See takes note of records; nobody does where there is no watch.
func (s *Watch) See(r Records) {
	if s != nil {
		for i := range r.Len() {
			s.see(r.Record(i))
		}
	}
}

// whole is the digest of all of a record.
func whole(record []byte) (d Digest) {
	sum := sha256.Sum256(record)
	copy(d[:], sum[:])
	return d
}

// digest is that of a record's fields, or of all of it where it lacks one.
func (s *Watch) digest(record []byte) (d Digest) {
	h := sha256.New()
	for _, path := range s.paths {
		v := gjson.GetBytes(record, path)
		if !v.Exists() {
			h = nil
			break
		}
		fmt.Fprintf(h, "%d:%s,", len(v.Raw), v.Raw)
	}
	if h == nil || len(s.paths) == 0 {
		return whole(record)
	}
	copy(d[:], h.Sum(nil))
	return d
}
