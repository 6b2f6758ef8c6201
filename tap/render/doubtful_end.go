package render

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// doubts tells of what is doubtful about a walk, of a stream with many partitions not
// each time.
type doubts struct {
	stream *plan.Stream
	o      *Options
	height *height
}

// TellDoubts logs why the end of a walk is in doubt, and what else a person should know
// of it.
func (r *Renderer) TellDoubts(page *fetch.Page) { r.doubts.tell(page) }

// tell logs the doubts and remarks of a page. Who only looks has no bookmark that could
// stay.
func (d *doubts) tell(page *fetch.Page) {
	for _, doubt := range page.Proof.Doubts {
		if !d.tells("doubt", doubt.Key) {
			continue
		}
		text := "the stream may not be complete: the last answer contradicts its end"
		switch {
		case doubt.Key == certificate.EmptyNow:
			text = "the stream may not be complete: there is nothing where there was something"
		case doubt.Fault:
			text = "the stream may not be complete: an answer tells of an error, or that it lacks records"
		case doubt.Keep:
			text = "the stream may not be complete: rows may have moved to pages that were read"
		case doubt.Within:
			text = "the stream is not complete: records hold lists that the API has cut"
		}
		if d.o.Many {
			text += "; others like it are counted, but not logged"
		}
		attrs := []any{"stream", d.stream.Name, "request", page.Request, "key", doubt.Key, "value", doubt.Value}
		if doubt.Advice != "" {
			attrs = append(attrs, "advice", doubt.Advice)
		}
		d.o.Log.Warn(text, attrs...)
	}
	for _, text := range page.Remarks {
		if !d.tells("remark", text) {
			continue
		}
		d.o.Log.Warn(text, "stream", d.stream.Name, "request", page.Request)
	}
}

// tellKept logs that the bookmark stays because of doubts.
func (d *doubts) tellKept(page *fetch.Page) {
	if d.keeps(page.Proof.Doubts) && !d.stream.FullTable() && d.tells("doubt", "the bookmark stays") {
		d.o.Log.Warn("the bookmark stays where it is: the next sync asks for the same records again (on_incomplete: warn moves it all the same)",
			"stream", d.stream.Name)
	}
}

// tells reports whether the log should have a kind: of a stream with many
// partitions each once, and not very many.
func (d *doubts) tells(family, kind string) bool {
	if !d.o.Many {
		return true
	}
	first, tooMany := d.o.Findings.First(family, kind)
	return first && !tooMany
}

// keeps reports whether the bookmark stays because of doubts: what was not read
// may lie behind it. The definition may take them for no matter, and where it
// promises an order, all up to the last record was read, where no other partition moves
// the bookmark further.
func (d *doubts) keeps(all []paging.Doubt) bool {
	if d.stream.Definition.OnIncomplete == sources.Warn {
		return false
	}
	sorted := d.stream.Clock.Ascends() && !d.height.frozen && !d.o.Many
	return slices.ContainsFunc(all, func(one paging.Doubt) bool { return one.Keep || one.Within || !sorted })
}

// lack reports whether records may be missing before a page that is not the last, whatever
// comes: from there on the bookmark stays, in a sorted stream too.
func (d *doubts) lack(page *fetch.Page) bool {
	return !page.Last && d.stream.Definition.OnIncomplete != sources.Warn &&
		slices.ContainsFunc(page.Next.Doubts, func(one paging.Doubt) bool { return one.Keep })
}
