package tap

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// feedsNow is how far the parents of a pass are, and theirs.
func (p *pass) feedsNow() (all []state.Feed) {
	if p.parted.ofPlan {
		return p.decision.Bookmark.Resume.Feeds
	}
	var feeds []*pass
	whose := map[*pass][]string{}
	var add func(p *pass)
	add = func(p *pass) {
		for _, f := range p.feeds {
			if whose[f] == nil {
				feeds = append(feeds, f)
				add(f)
			}
			whose[f] = append(whose[f], p.decision.Pass.ID)
		}
	}
	add(p)
	for i, f := range feeds {
		one := f.track.asFeed()
		if slices.ContainsFunc(feeds, func(other *pass) bool { return other != feeds[i] && other.stream.Name == f.stream.Name }) {
			one.For = whose[f]
		}
		all = append(all, one)
	}
	return all
}

// unread is how far parents are for whoever reads without the plan that they were read
// for: it must read them again.
func unread(feeds []state.Feed) (all []state.Feed) {
	for _, f := range feeds {
		all = append(all, state.Feed{Stream: f.Stream, Pass: f.Pass, For: f.For, From: f.From, Window: f.Window, Shape: f.Shape, Values: f.Values})
	}
	return all
}

// asFeed is how far a parent is, for the state of its children.
func (t *track) asFeed() state.Feed {
	f := state.Feed{
		Stream: t.stream.Name, Pass: t.decision.Pass.ID, From: t.decision.FedFrom(t.stream), Shape: t.stream.Shape,
		Values: t.pass.supply.Sum(), Owes: t.pass.owes || t.pass.isLess(),
	}
	if t.decision.Length != (times.Span{}) {
		f.Window = t.decision.Length.String()
	}
	for _, c := range t.pass.children {
		if c.files != nil {
			f.Listed = c.files.Now()
		}
	}
	if t.parts != nil {
		r := t.parts.resume(t)
		f.Done, f.Contexts, f.Open = r.Done, r.Contexts, r.Open
		f.Over = t.ended && t.parts.over(r)
		f.Owes = f.Owes || len(r.Owed) > 0 || t.parts.kept || t.parts.tooMany
		return f
	}
	if r := t.bookmark.Resume; r != nil {
		f.Open = r.Open
	}
	f.Over = t.ended && t.failure == nil
	return f
}

// servesNobody reports whether a pass is read for children alone none of which
// asks for anything any more. It says of each why: no lane of theirs may come that
// does.
func (p *pass) servesNobody() bool {
	if !p.feed {
		return false
	}
	why := make([]error, len(p.children))
	for i, c := range p.children {
		if why[i] = c.pass.patience.Refused(); why[i] == nil {
			return false
		}
	}
	for i, c := range p.children {
		(&lane{pass: c.pass}).breaksOff(why[i])
	}
	return true
}

// touch says that the bookmark has changed, and those of children, which say how
// far their parents are.
func (p *pass) touch() {
	p.track.touched = true
	for _, c := range p.children {
		c.pass.touch()
	}
}

// tellChildren says in the state of children which pass of their parent they are
// fed by, before anything of them has come.
func (f *family) tellChildren() {
	for _, c := range f.children {
		if !c.pass.track.told {
			c.pass.track.touched = true
			c.pass.tellChildren()
		}
	}
}

// failsWith notes that a parent was not read to its end.
func (t *track) failsWith(parent *pass) {
	what := "its parent " + parent.stream.Name
	if parent.stream.Definition.Loaded.Hidden {
		what = "the listing of its files"
	}
	err := fmt.Errorf("%s: %s was not read to its end: %w", t.stream.Name, what, parent.track.failure)
	if t.failure == nil {
		t.account.Fail(err)
		if parent.stream.Definition.Loaded.Hidden {
			t.pass.run.Log.Error("the listing of its files was not read to its end, as the log says: files that it did not name are not read, and the next run goes on", "stream", t.stream.Name)
		} else {
			t.pass.run.Log.Error(fmt.Sprintf("its parent %s was not read to its end, as the log says of that stream: what belongs to records that did not come is not read, and the next run goes on", parent.stream.Name),
				"stream", t.stream.Name)
		}
	}
	t.fails(err)
	if t.parts != nil {
		t.parts.broken = t.parts.broken || !parent.track.asFeed().Over
	}
}
