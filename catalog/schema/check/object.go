package check

import (
	"math/bits"
	"regexp"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// objectCheck is what a schema asks of objects.
type objectCheck struct {
	members  []memberCheck
	index    map[string]int32 // of members, by name
	slot     int              // of this object in Run.follow; its members' come behind
	patterns []patternCheck   // maxPatterns at most
	rest     *check           // of members that nothing else is asked of; nil: nothing
	drop     bool             // members that the schema does not name are cut out
	closed   bool             // a member that the schema does not name is a new field
	names    *check           // of the names themselves; nil: nothing
	need     []int            // members that must be there
	depend   []dependency
	least    int
	most     int // members; -1: no limit
}

// memberCheck is what is asked of one member.
type memberCheck struct {
	key   keyToken
	check *check
	text  *textCheck // what is asked of a string that is among the plain kinds; nil: nothing
	plain kinds.Set  // scalars that are allowed, if nothing else is asked of the member; 0: something is
	named bool       // the schema names it, and does not only ask whether it is there
	noted bool       // its place is asked for
	cut   bool       // it is cut out
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
	count   int    // members read that stay, equal names each
	unnamed int    // of them, those that are not among the members of the check
	follow  int    // the member before, counted from 1: what came next says Run.follow
	twice   bool   // a member came twice: of its values the last one counts
}

func (f *Run) checkObject(o *objectCheck, i int) (int, verdict) {
	p, b, start, v := f.proof, f.proof.Text, i, fits
	run := objectRun{base: len(f.seen)}
	for range (len(o.members) - 1) / 64 {
		f.seen = append(f.seen, 0)
	}
	i, more := p.Enter(i, '}')
	for more {
		var key, value int
		var k int32
		if key, k, value = f.usualMembers(o, &run, i); k == memberEnded {
			i, more = p.Next(key, '}')
			continue
		}
		if k < 0 {
			if k, value = f.find(o, key); k >= 0 {
				f.follow[o.slot+run.follow] = k
				run.follow = int(k) + 1
			}
		}
		if value < 0 {
			return value, unsure
		}
		if o.cuts(k) {
			if i = p.Value(value); i >= 0 {
				f.cutOut(&run, key, i)
			}
			i, more = p.Next(i, '}')
			continue
		}
		var one verdict
		if k < 0 {
			run.unnamed++
			i, one = f.checkUnnamed(o, key, value)
		} else {
			i, one = f.checkMember(o, &run, int(k), value)
		}
		v = max(v, one)
		if o.names != nil && i >= 0 {
			v = max(v, f.try(o.names, key))
		}
		run.count++
		if i >= 0 && i+1 < len(b) && b[i] == ',' && b[i+1] == '"' {
			i++
			continue
		}
		i, more = p.Next(i, '}')
	}
	if i < 0 {
		return i, unsure
	}
	v = max(v, f.checkCounts(o, &run))
	if o.depend != nil {
		v = max(v, f.checkDepend(o, &run, start))
	}
	f.seen = f.seen[:run.base]
	if run.twice {
		v = unsure // the value that does not fit may not be the one that counts, and a key has one value
	}
	return i, v
}

// cuts reports whether member k, -1 for one that is none, is cut out.
func (o *objectCheck) cuts(k int32) bool {
	if k < 0 {
		return o.drop
	}
	return o.members[k].cut || o.drop && !o.members[k].named
}

// What usualMembers says of the member before which it stops, in place of its
// number.
const (
	memberUnknown = -1 // it may be any
	memberEnded   = -2 // there may be none: what ended is not followed by a comma and a quote
)

// usualMembers reads members, from the one whose key is at i on, as long as they
// are as almost all are: the one that came next the last time, without white
// space but for one after the colon, and with a scalar that surely fits. It
// returns the key before which it stops, or where the value before it ended, and
// if it has read the key, whose it is and where its value begins.
func (f *Run) usualMembers(o *objectCheck, run *objectRun, i int) (key int, k int32, value int) {
	b, follow, last := f.proof.Text, f.follow[o.slot:o.slot+len(o.members)+1], run.follow
	for key = i; ; {
		if k = follow[last]; k < 0 || !o.members[k].key.at(b, key) {
			k, value = memberUnknown, key
			break
		}
		m := &o.members[k]
		last = int(k) + 1
		value = key + len(m.key.text)
		if b[value] == ' ' && value+1 < len(b) { // as Python writes it
			value++
		}
		end := 0
		switch {
		case b[value] != '"':
			end = scan.Scalar(b, value, m.plain)
		case m.plain&kinds.String != 0:
			end = scan.String(b, value+1)
			if m.text != nil && end > 0 && f.texts.fit(m.text, b[value+1:end-1]) != fits {
				end = 0
			}
		}
		if end <= 0 {
			value = scan.Space(b, value)
			break
		}
		run.twice = !run.mark(f.seen, int(k)) || run.twice
		run.count++
		if end+1 >= len(b) || b[end] != ',' || b[end+1] != '"' {
			key, k = end, memberEnded
			break
		}
		key = end + 1
	}
	run.follow = last
	return key, k, value
}

// find proves the key at i and the colon behind it. It returns the member of
// that name, -1 for none, and where the value begins.
func (f *Run) find(o *objectCheck, i int) (k int32, value int) {
	end := f.proof.Name(i)
	if end < 0 {
		return -1, end
	}
	k, ok := o.index[string(f.texts.unescape(f.proof.Text[i+1:end-1]))]
	if !ok {
		k = -1
	}
	return k, f.proof.Colon(end)
}

// settle notes which members ask for nothing but a kind, or something of strings
// alone, once all is compiled.
func (o *objectCheck) settle() {
	for k := range o.members {
		m := &o.members[k]
		if m.noted || m.cut || o.closed && !m.named || o.names != nil {
			continue
		}
		switch c := m.check; {
		case c == nil:
			m.plain = kinds.Any
		case c.more == nil:
			m.plain, m.text = c.kinds, c.text
			if c.number != nil {
				m.plain &^= kinds.Integer | kinds.Number
			}
		}
	}
}

func (f *Run) checkMember(o *objectCheck, run *objectRun, k, value int) (int, verdict) {
	m := &o.members[k]
	first := run.mark(f.seen, k)
	run.twice = run.twice || !first
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

// mark notes that member k was seen, and reports whether it is the first time.
func (r *objectRun) mark(seen []uint64, k int) bool {
	word, bit := &r.low, uint64(1)<<(k%64)
	if k >= 64 {
		word = &seen[r.base+k/64-1]
	}
	first := *word&bit == 0
	*word |= bit
	return first
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
	for _, k := range o.need {
		if !run.has(f.seen, k) {
			return breaks
		}
	}
	if o.least == 0 && o.most < 0 {
		return fits
	}
	differ := bits.OnesCount64(run.low) + min(run.unnamed, 1) // names, at least
	for _, word := range f.seen[run.base:] {
		differ += bits.OnesCount64(word)
	}
	switch {
	case run.count < o.least, o.most >= 0 && differ > o.most:
		return breaks
	case differ < o.least, o.most >= 0 && run.count > o.most:
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
