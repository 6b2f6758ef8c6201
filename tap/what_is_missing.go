package tap

import (
	"cmp"
	"slices"

	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/report"
)

// lacks notes why records of a pass may be missing, and with them those of its
// children.
func (p *pass) lacks(why string) {
	p.track.table.lacks = why
	p.kept.noted.Lack(why)
	for _, c := range p.children {
		c.pass.lacks(why)
	}
}

// lacking says why the API may have records that did not leave with a page; ""
// where all did.
func lacking(o *report.Outcome) string {
	switch {
	case o.Walk != nil && o.Walk.Verdict() == certificate.InDoubt:
		return "the end of a walk is in doubt"
	case o.Skipped != "":
		return "a rule with do: skip left something out"
	case o.Partly:
		return "a rule with do: page took an answer with errors"
	case o.Counts[report.Quarantined] > 0:
		return "records are in quarantine"
	}
	return ""
}

// readsChanges reports whether some of a pass's contexts are not read because
// they did not change.
func (p *pass) readsChanges() bool {
	return p.stream.ChangedOnly() || slices.ContainsFunc(p.feeds, (*pass).readsChanges)
}

// readsTimes reports whether a pass, or one of its parents, asks for records by
// time: one that is not among them may be there.
func (p *pass) readsTimes() bool {
	return p.stream.Definition.Incremental != nil || slices.ContainsFunc(p.feeds, (*pass).readsTimes)
}

// unknown says why it is not known which rows of a stream are gone: it was not read
// to its end, lacks something, or has no schema. It is "" where that is known.
func (t *track) unknown(lacks string) string {
	why := cmp.Or(t.unread(), lacks)
	if why == "" && t.pass.schema.Now().Version == 0 {
		why = "it has no records, and no schema of it is known"
	}
	return why
}

// unread says why a pass that has ended in this run did not read all there is; ""
// where it did.
func (t *track) unread() string {
	switch {
	case t.failure != nil || t.bookmark.Resume != nil:
		return "it was not read to its end"
	case t.pass.readsChanges():
		return "changed_only leaves out what did not change"
	case slices.ContainsFunc(t.pass.feeds, (*pass).readsTimes):
		return "a parent of it has incremental, and a record of that which was just changed lies behind the end of what is asked for"
	}
	return ""
}
