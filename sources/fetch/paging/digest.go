package paging

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
)

// Digest is a hash of 128 bits: of a record, or the sum of those of many, which
// does not depend on their order.
type Digest [16]byte

// MarshalText writes it in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText undoes it.
func (d *Digest) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(d) {
		return fmt.Errorf("expected %d hexadecimal digits", 2*len(d))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// add adds another one.
func (d *Digest) add(e Digest) {
	low, carry := bits.Add64(binary.BigEndian.Uint64(d[8:]), binary.BigEndian.Uint64(e[8:]), 0)
	high, _ := bits.Add64(binary.BigEndian.Uint64(d[:8]), binary.BigEndian.Uint64(e[:8]), carry)
	binary.BigEndian.PutUint64(d[:8], high)
	binary.BigEndian.PutUint64(d[8:], low)
}

// watch is what a walk with overlap, or one that is done again, sees of the
// records of a page.
type watch struct {
	paths []string // of the fields that tell records apart; nil: all of a record does
	sure  bool     // they tell apart what a record was at two times, too
	want  []Seen   // the last records of the page before
	keep  int      // how many of the last records are remembered

	seen  int    // records
	exact int    // of want, as many as the page begins with
	found bool   // one of want is among them
	last  []Seen // the last ones
	sum   Digest // of all
}

// Seen is a record that may come again: its key, and all of it where the key
// alone does not say that the record is as it was. One that was changed may have
// been moved, and proves nothing wherever it is found.
type Seen struct {
	Key Digest  `json:"key"`
	All *Digest `json:"all,omitempty"`
}

// newWatch is what is to be seen of the records after a position, nil if nothing
// is.
func newWatch(s *sources.Stream, want []Seen) *watch {
	keep := int(s.Pagination.Overlap)
	if keep == 0 && s.OnIncomplete != sources.Again {
		return nil
	}
	eye := &watch{want: want, keep: keep}
	for _, name := range s.Keys {
		eye.paths = append(eye.paths, gjson.Escape(name))
	}
	if eye.sure = len(s.Keys) == 0 || s.ReplicationKey != ""; s.ReplicationKey != "" && len(s.Keys) > 0 {
		eye.paths = append(eye.paths, gjson.Escape(s.ReplicationKey))
	}
	return eye
}

// see takes note of a record.
func (s *watch) see(record []byte) {
	one := Seen{Key: s.digest(record)}
	all := one.Key
	if !s.sure {
		all = whole(record)
		one.All = &all
	}
	if s.exact == s.seen && s.seen < len(s.want) && one.Key == s.want[s.seen].Key {
		s.exact++
	}
	for _, e := range s.want {
		s.found = s.found || one.Key == e.Key && (e.All == nil || *e.All == all)
	}
	if s.seen++; s.keep > 0 {
		s.last = append(s.last[max(0, len(s.last)+1-s.keep):], one)
	}
	s.sum.add(all)
}

// seeAll takes note of records; nobody does where there is no watch.
func (s *watch) seeAll(r Records) {
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
func (s *watch) digest(record []byte) (d Digest) {
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

// recognise sees all records of a page in memory; those of a long one were seen
// while it was proven.
func (l *leg) recognise() {
	if a := l.answer; a.Tally != nil && !a.Empty {
		l.eye = a.Tally.eye
	} else if l.eye = newWatch(l.stream, l.from.Tail); !a.Empty {
		l.eye.seeAll(a.Records)
	}
	l.sumUp()
}
