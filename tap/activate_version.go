package tap

import (
	"cmp"
	"slices"

	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// table is the version of a full table that a pass reads: all its records carry
// it, in every run that goes on with the pass. Once all of them have left,
// ACTIVATE_VERSION says that rows of other versions are gone.
type table struct {
	version int64  // 0: records carry none. It does not change: renderers read it
	lacks   string // why the API may have records of it that did not leave; "": all did
}

// tableOf returns the version of what a pass reads: when the pass began, in
// milliseconds. A pass whose first records left without one has none.
func tableOf(p *pass) table {
	d := p.decision
	switch {
	case !p.activates():
		return table{}
	case d.Way == plan.Replay:
		return table{lacks: "it is a replay"}
	case d.Way != plan.FromState:
		return table{version: d.Pass.AsOf.UnixMilli()}
	case d.Bookmark == nil || d.Bookmark.Resume == nil || d.Bookmark.Resume.Activate == 0:
		return table{lacks: "of what an earlier run read of the pass, some did not leave, or left without a version"}
	}
	return table{version: d.Bookmark.Resume.Activate}
}

// activates reports whether the target is to be told which rows are gone.
func (p *pass) activates() bool {
	return p.run != nil && p.run.Config.Run.Activate && p.stream.FullTable() && !p.feed
}

// whole is the version, where all that was read of the pass so far left with it;
// else 0.
func (t *table) whole() int64 {
	if t.lacks != "" {
		return 0
	}
	return t.version
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

// lacks notes why records of a pass may be missing, and with them those of its
// children.
func (p *pass) lacks(why string) {
	p.track.table.lacks = why
	p.kept.noted.Lack(why)
	for _, c := range p.children {
		c.pass.lacks(why)
	}
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

// activate writes ACTIVATE_VERSION for each table that was read to its end.
func (e *emitter) activate() error {
	for _, t := range e.bookmarks.over {
		if !t.pass.activates() {
			continue
		}
		if why := t.unknown(t.table.lacks); why != "" {
			e.display.Log.Warn("no ACTIVATE_VERSION is written for the stream: the target keeps the rows that are gone until a later run reads all of it",
				"stream", t.stream.Name, "why", why)
			continue
		}
		if err := e.writeActivate(t); err != nil {
			return err
		}
	}
	return nil
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

// writeActivate writes that the rows of other versions of a stream are gone,
// after its schema where that has not come.
func (e *emitter) writeActivate(t *track) error {
	e.line = e.appendSchema(e.line[:0], t)
	e.line = e.herald.protocol.AppendActivate(e.line, t.stream.Name, t.table.version)
	return e.out.Write(e.line)
}

// appendSchema appends the schema of a stream, where that has not come.
func (e *emitter) appendSchema(dst []byte, t *track) []byte {
	if known := t.pass.schema.Now(); known.Version > t.said {
		t.said = known.Version
		dst = append(dst, known.Line(e.herald.protocol, t.table.version)...)
	}
	return dst
}
