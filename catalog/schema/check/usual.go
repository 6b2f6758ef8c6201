package check

import "github.com/tap-rest/tap-rest/catalog/schema/kinds"

// usualMember is a member of an object as a run knows it: of one that is as almost
// all are, nothing else is to be looked at.
type usualMember struct {
	key    keyToken
	next   *usualMember // that came next the last time
	bit    uint64       // of objectRun.low; 0: it is not among the first 64
	check  *check       // that its value fits, if nothing else is asked of the member; nil: something is
	text   bool         // and any string does
	number int          // among the members of the check; -1: it is none of them
}

// usualMembers makes of all what a run knows of an object, before it has met one:
// what stands before the first member, the members in the order of the schema, and
// what is none of them.
func (o *objectCheck) usualMembers(all []usualMember) {
	last := len(o.members) + 1
	all[0] = usualMember{next: &all[1], number: -1}
	for k := range o.members {
		m := usualMember{key: o.members[k].key, next: &all[k+2], check: o.usual(k), number: k}
		m.text = m.check != nil && m.check.text == nil && m.check.kinds&kinds.String != 0
		if k < 64 {
			m.bit = 1 << k
		}
		all[k+1] = m
	}
	all[last] = usualMember{key: noKey(), number: -1}
}

// usual returns that the value of member k fits, if nothing else is asked of it.
func (o *objectCheck) usual(k int) *check {
	m := &o.members[k]
	switch {
	case m.noted, o.cuts(k), o.closed && !m.named, o.names != nil:
		return nil
	case m.check == nil:
		return &check{kinds: kinds.Any}
	case m.check.more != nil:
		return nil
	}
	return m.check
}

// member returns member k of an object; as many as there are is none of them.
func (f *Run) member(o *objectCheck, k int) *usualMember { return &f.usual[o.slot+1+k] }
