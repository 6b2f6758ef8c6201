package infer

import (
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// When an object is taken for a map: its keys are data then, and to name them
// would give a target one column for each, and a new one with each record.
const (
	// mapNames is how many names an object must have had. What has fewer is
	// named, whoever made the names: so many columns harm nobody.
	mapNames = 30
	// mapRare: where an object has, on average, at most one in so many of all
	// names, they are data. Objects of a fixed form share their names, even
	// where most of the fields are optional.
	mapRare = 8
	// mapFew: one in so many is enough where most of the names came once only,
	// so that every further record brings more. Few records show no more than
	// that; objects of several fixed forms repeat their names.
	mapFew = 4
	// mapGrown is how many names a schema that grows must have before a member
	// that it does not name is taken for one of a map. It is more than mapNames
	// since a schema does not say how often its names came.
	mapGrown = 100
	// mapReserve is how many fields and kinds of items are left when maps are
	// folded to make room: enough for what one record brings.
	mapReserve = maxInferTotal / 10
)

// isMap reports whether the objects seen here are maps: they had many names,
// all values are of one type, and either the names differ from object to
// object, or each of them is a number, a time or a hash. What it looks at does
// not depend on the order of the records.
func (s *shape) isMap() bool {
	switch {
	case s.open: // what was not named may be of any type
		return false
	case s.values != nil:
		return true
	case len(s.fields) < mapNames:
		return false
	}
	var all kinds.Set
	members, once, data := 0, 0, true
	for name, f := range s.fields {
		all |= f.kinds
		members += f.times
		if f.times == 1 {
			once++
		}
		data = data && isData(name)
	}
	possible := s.objects * len(s.fields)
	differ := members*mapRare <= possible || members*mapFew <= possible && 2*once >= len(s.fields)
	return all.IsOne() && (data || differ)
}

// isData reports whether nobody would name a field so: it is made of digits
// and what stands between those of dates and times, or is long and
// hexadecimal, as UUIDs and hashes are.
func isData(name string) bool {
	const longHex = 16
	digits, letters := 0, 0
	for i := range len(name) {
		switch c := name[i]; {
		case formats.IsDigit(c):
			digits++
		case strings.IndexByte("-:.+/ TZ", c) >= 0:
		case scan.IsHex(c):
			letters++
		default:
			return false
		}
	}
	return digits > 0 && (letters == 0 || len(name) >= longHex)
}

// anyMember returns what the values of a map look like.
func (s *shape) anyMember() *shape {
	if s.values != nil {
		return s.values
	}
	all := &shape{}
	for _, f := range s.fields {
		all.merge(f)
	}
	return all
}

// merge adds to s what from has seen. They share nothing afterwards.
func (s *shape) merge(from *shape) {
	s.kinds |= from.kinds
	s.times += from.times
	s.objects += from.objects
	s.plain = s.plain || from.plain
	s.open = s.open || from.open
	if from.fields != nil && s.fields == nil {
		s.fields = map[string]*shape{}
	}
	for name, f := range from.fields {
		if s.fields[name] == nil {
			s.fields[name] = &shape{}
		}
		s.fields[name].merge(f)
	}
	s.values = mergeInto(s.values, from.values)
	s.items = mergeInto(s.items, from.items)
	if s.values != nil { // one of the two was folded
		for _, f := range s.fields {
			s.values.merge(f)
		}
		clear(s.fields)
	}
}

func mergeInto(s, from *shape) *shape {
	if from == nil {
		return s
	}
	if s == nil {
		s = &shape{}
	}
	s.merge(from)
	return s
}

// makeRoom folds all maps when little is left for further names. It is called
// between records: while one is looked at, its shapes must stay where they
// are.
func (in *Inference) makeRoom() {
	if in.left >= mapReserve || in.full {
		return
	}
	for _, f := range in.root.fields {
		in.foldAll(f)
	}
	in.full = in.left < mapReserve
}

// foldAll folds s and all maps inside it.
func (in *Inference) foldAll(s *shape) {
	if s == nil {
		return
	}
	if s.values == nil && s.isMap() {
		in.fold(s)
	}
	for _, f := range s.fields {
		in.foldAll(f)
	}
	in.foldAll(s.values)
	in.foldAll(s.items)
}

// fold makes one shape of all members of a map, which stays one then.
func (in *Inference) fold(s *shape) {
	before := s.size()
	s.values = s.anyMember()
	clear(s.fields)
	in.left += before - s.size()
}

// size is how many shapes there are inside s.
func (s *shape) size() int {
	n := 0
	for _, f := range s.fields {
		n += 1 + f.size()
	}
	for _, f := range []*shape{s.values, s.items} {
		if f != nil {
			n += 1 + f.size()
		}
	}
	return n
}
