package paging

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// words are what an answer says of itself: that something failed, or that records are
// missing.
type words struct{ *leg }

// fault is what an answer says of an error where it has no records, or of records that
// it lacks; nil where it says nothing of that kind, or a rule of the definition knows of
// it. An error beside records is often about something else, as a field.
func (w words) fault() *Doubt {
	a := w.answer
	if a.Passed || a.Over || a.Refused || a.Empty || a.Partly {
		return nil
	}
	member, rule, lacks := w.lacks()
	ok := lacks
	if !ok && (w.n == 0 || a.Trailer) {
		member, rule, ok = hint.Error(a.Beside, w.place(), true)
	}
	if !ok {
		return nil
	}
	d := w.ofTrailer(Doubt{
		Key: member.Key, Value: w.out.Quote(member.Value), Fault: true, Keep: lacks,
		Advice: w.out.Hide(`if that is a failure, write errors: [{when: "{{ ` + rule + ` }}", do: retry}], or do: fail; if it is none, do: page`),
	})
	return &d
}

// lacks finds what an answer says of records that it lacks. Where it has some, what lies
// at their place is one of them, and speaks of itself.
func (w words) lacks() (member hint.Hint, rule string, found bool) {
	place := w.place()
	if w.n > 0 {
		if len(place) == 0 {
			return member, "", false
		}
		place = place[:len(place)-1]
	}
	return hint.Lacks(w.answer.Beside, place, true)
}

// place are the keys that lead to the records, as far as they are plain. Around a trailer
// there are none.
func (w words) place() []string {
	if w.answer.Trailer {
		return []string{""}
	}
	return w.stream.Records.Place()
}

// ofTrailer says of a doubt by the last of an answer's lines that it is by that, which
// templates and paths do not see.
func (w words) ofTrailer(d Doubt) Doubt {
	if w.answer.Trailer {
		d.Key += " of the last line"
		d.Advice = "that line is no record like the others, and speaks of the whole answer: leave it out with keep; where it means nothing, say on_incomplete: warn"
	}
	return d
}

// noteFault notes what an answer that is not the last says of an error, or of records that
// it lacks: the walk goes on behind records that may never come. Of each key one is noted.
func (w words) noteFault() {
	d := w.fault()
	if d == nil || slices.ContainsFunc(w.next.Doubts, func(old Doubt) bool { return old.Key == d.Key && old.Fault }) {
		return
	}
	d.Value += " in the answer to " + w.answer.Request
	w.next.doubt(*d)
}
