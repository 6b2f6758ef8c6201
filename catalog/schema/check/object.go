package check

import (
	"math/bits"
	"regexp"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// objectCheck is what a schema asks of objects.
type objectCheck struct {
	members  []memberCheck
	index    map[string]int32 // of members, by name
	slot     int              // of this object in Run.usual; its members' come behind
	patterns []patternCheck   // maxPatterns at most
	rest     *check           // of members that nothing else is asked of; nil: nothing
	drop     bool             // members that the schema does not name are cut out
	closed   bool             // a member that the schema does not name is a new field
	names    *check           // of the names themselves; nil: nothing
	words    int              // in Run.seen, for members behind the first 64
	need     uint64           // of the first 64 members, those that must be there
	needHigh []int            // those behind them
	depend   []dependency
	least    int
	most     int // members; -1: no limit
}

// memberCheck is what is asked of one member.
type memberCheck struct {
	key   keyToken
	check *check
	named bool // the schema names it, and does not only ask whether it is there
	noted bool // its place is asked for
	cut   bool // it is cut out
}

// maxPatterns is how many patterns a name is matched with.
const maxPatterns = 64

type patternCheck struct {
	pattern *regexp.Regexp
	check   *check
}

// dependency is what is asked where a member is there.
type dependency struct {
	member int
	need   []int  // members that must be there too
	check  *check // of the object; nil: nothing
}

// objectRun is what is known of an object while it is read.
type objectRun struct {
	low     uint64 // of the first 64 members, those that were seen
	base    int    // in Run.seen, for those behind them
	unnamed int    // members that are not among those of the check, equal names each
	twice   uint64 // not 0: a member came twice, of whose values the last one counts
	verdict verdict
}

func (f *Run) checkObject(o *objectCheck, i int) (int, verdict) {
	start, run := i, objectRun{base: len(f.seen)}
	for range o.words {
		f.seen = append(f.seen, 0)
	}
	i, more := f.proof.Enter(i, '}')
	if more {
		i = f.checkMembers(o, &run, i)
	}
	if i < 0 {
		return i, unsure
	}
	v := max(run.verdict, f.checkCounts(o, &run))
	if o.depend != nil {
		v = max(v, f.checkDepend(o, &run, start))
	}
	f.seen = f.seen[:run.base]
	if run.twice != 0 {
		v = unsure // the value that does not fit may not be the one that counts, and a key has one value
	}
	return i, v
}

// checkMembers checks the members of an object, of which the first one's key is
// at i, and returns the index after the object. It is one function that calls none
// for a usual member with a short text: calls were half of what these cost.
func (f *Run) checkMembers(o *objectCheck, run *objectRun, i int) int {
	b, before := f.proof.Text, &f.usual[o.slot]
	for {
		m, value := before.next, 0
		if m.key.at(b, i) { // almost always it is the one that came next the last time
			before, value = m, i+m.key.size
			if b[value] == ' ' { // as Python writes it
				value++
			}
		} else if key := scan.Space(b, i); key > i {
			i = key // and may be still
			continue
		} else if m, value = f.find(o, before, i); value < 0 {
			return value
		} else if m.number >= 0 {
			before.next, before = m, m
		}
		switch {
		case m.check == nil:
			i = f.checkUnusual(o, run, m, i, scan.Space(b, value))
		case m.text && value >= 0 && value < len(b)-scan.PlainSize && b[value] == '"':
			run.mark(f.seen, m) // most strings end within these bytes
			i = value + 1 + scan.Plain((*[scan.PlainSize]byte)(b[value+1:]))
			if i < len(b) && b[i] == '"' {
				i++
			} else if i = scan.String(b, i); i < 0 {
				return f.proof.NotString(^i)
			}
		default:
			run.mark(f.seen, m)
			var v verdict
			i, v = f.checkPlain(m.check, scan.Space(b, value))
			run.verdict = max(run.verdict, v)
		}
		if 0 <= i && i < len(b) && b[i] == ',' {
			i++
			continue
		}
		var more bool
		if i, more = f.proof.Next(i, '}'); !more {
			return i
		}
	}
}

// find proves the key at i and the colon behind it. It returns the member of
// that name, which comes after another, and where the value begins.
func (f *Run) find(o *objectCheck, before *usualMember, i int) (m *usualMember, value int) {
	if m = before.next; m.key.written(f.proof.Text, i) {
		return m, scan.Space(f.proof.Text, i+m.key.size)
	}
	end := f.proof.Name(i)
	if end < 0 {
		return nil, end
	}
	k, ok := o.index[string(f.texts.unescape(f.proof.Text[i+1:end-1]))]
	if !ok {
		k = int32(len(o.members))
	}
	return f.member(o, int(k)), f.proof.Colon(end)
}

// checkUnusual checks a member of which more is asked than that its value fits.
func (f *Run) checkUnusual(o *objectCheck, run *objectRun, m *usualMember, key, value int) (end int) {
	if o.cuts(m.number) {
		if end = f.proof.Value(value); end >= 0 {
			f.cutOut(run.any(f.seen), key, end)
		}
		return end
	}
	var v verdict
	if m.number < 0 {
		run.unnamed++
		end, v = f.checkUnnamed(o, key, value)
	} else {
		end, v = f.checkNamed(o, run, m, value)
	}
	if o.names != nil && end >= 0 {
		v = max(v, f.try(o.names, key))
	}
	run.verdict = max(run.verdict, v)
	return end
}

// cuts reports whether member k, -1 for one that is none, is cut out.
func (o *objectCheck) cuts(k int) bool {
	if k < 0 {
		return o.drop
	}
	return o.members[k].cut || o.drop && !o.members[k].named
}

func (f *Run) checkNamed(o *objectCheck, run *objectRun, own *usualMember, value int) (int, verdict) {
	m, first := &o.members[own.number], !run.has(f.seen, own.number)
	run.mark(f.seen, own)
	end, v := f.check(m.check, value)
	if m.noted && first && end >= 0 {
		f.value = scan.Span{Start: value, End: end}
	}
	f.unknown = f.unknown || o.closed && !m.named
	return end, v
}

// checkUnnamed checks the member whose key is at key: none of the members of
// the check.
func (f *Run) checkUnnamed(o *objectCheck, key, value int) (int, verdict) {
	f.unknown = f.unknown || o.closed
	matched := uint64(0)
	if len(o.patterns) > 0 {
		name := f.texts.unescape(f.proof.Text[key+1 : raw.Text(f.proof.Text).AfterString(key)-1])
		for n, p := range o.patterns {
			if p.pattern.Match(name) {
				matched |= 1 << n
			}
		}
	}
	if matched == 0 {
		end, v := f.check(o.rest, value)
		if o.rest != nil && o.rest.kinds == 0 {
			return end, v // the name is what is wrong
		}
		return end, min(v, unsure) // the name may come again, with a value that fits
	}
	end, v := -1, fits
	for ; matched != 0; matched &= matched - 1 {
		var one verdict
		if end, one = f.check(o.patterns[bits.TrailingZeros64(matched)].check, value); end < 0 {
			return end, unsure
		}
		v = max(v, one)
	}
	return end, min(v, unsure)
}

// mark notes that a member was seen.
func (r *objectRun) mark(seen []uint64, m *usualMember) {
	r.twice |= r.low & m.bit
	r.low |= m.bit
	if m.bit == 0 {
		r.markHigh(seen, m.number)
	}
}

// markHigh is mark for a member that is not among the first 64.
func (r *objectRun) markHigh(seen []uint64, k int) {
	word, bit := &seen[r.base+k/64-1], uint64(1)<<(k%64)
	r.twice |= *word & bit
	*word |= bit
}

// any reports whether a member was seen.
func (r *objectRun) any(seen []uint64) bool { return r.named(seen)+r.unnamed > 0 }

// named returns how many members of the check were seen.
func (r *objectRun) named(seen []uint64) int {
	n := bits.OnesCount64(r.low)
	for _, word := range seen[r.base:] {
		n += bits.OnesCount64(word)
	}
	return n
}

func (r *objectRun) has(seen []uint64, k int) bool {
	if k >= 64 {
		return seen[r.base+k/64-1]&(1<<(k%64)) != 0
	}
	return r.low&(1<<k) != 0
}

// checkCounts says whether all members are there that must be, and as many as
// there may be.
func (f *Run) checkCounts(o *objectCheck, run *objectRun) verdict {
	if run.low&o.need != o.need {
		return breaks
	}
	for _, k := range o.needHigh {
		if !run.has(f.seen, k) {
			return breaks
		}
	}
	if o.least == 0 && o.most < 0 {
		return fits
	}
	named := run.named(f.seen) // a name that came twice is another matter
	differ, all := named+min(run.unnamed, 1), named+run.unnamed
	switch {
	case all < o.least, o.most >= 0 && differ > o.most:
		return breaks
	case differ < o.least, o.most >= 0 && all > o.most:
		return unsure
	}
	return fits
}

// checkDepend checks what depends on a member of the object at start.
func (f *Run) checkDepend(o *objectCheck, run *objectRun, start int) verdict {
	v := fits
	for _, d := range o.depend {
		if !run.has(f.seen, d.member) {
			continue
		}
		for _, k := range d.need {
			if !run.has(f.seen, k) {
				return breaks
			}
		}
		v = max(v, f.try(d.check, start))
	}
	return v
}

// member returns the number of the member of that name, which becomes one if
// it is not.
func (o *objectCheck) member(name string) int {
	if k, ok := o.index[name]; ok {
		return int(k)
	}
	k := len(o.members)
	o.members = append(o.members, memberCheck{key: newKeyToken(name), check: o.unlisted(name)})
	o.index[name] = int32(k)
	return k
}

// unlisted returns what is asked of a member that properties do not name.
func (o *objectCheck) unlisted(name string) *check {
	if all := o.matching(name); all != nil {
		return allOf(all)
	}
	return o.rest
}

// matching returns what patternProperties ask of a member.
func (o *objectCheck) matching(name string) (all []*check) {
	for _, p := range o.patterns {
		if p.pattern.MatchString(name) {
			all = append(all, p.check)
		}
	}
	return all
}
