package render

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/certificate"
)

// TellDoubts logs why the end of a walk is in doubt, and what else a person
// should know of it. Who only looks has no bookmark that could stay.
func (r *Renderer) TellDoubts(page *fetch.Page) {
	for _, d := range page.Proof.Doubts {
		if !r.tells("doubt", d.Key) {
			continue
		}
		text := "the stream may not be complete: the last answer contradicts its end"
		switch {
		case d.Key == certificate.EmptyNow:
			text = "the stream may not be complete: there is nothing where there was something"
		case d.Keep:
			text = "the stream may not be complete: rows may have moved to pages that were read"
		case d.Within:
			text = "the stream is not complete: records hold lists that the API has cut"
		}
		if r.o.Many {
			text += "; others like it are counted, but not logged"
		}
		attrs := []any{"stream", r.stream.Name, "request", page.Request, "key", d.Key, "value", d.Value}
		if d.Advice != "" {
			attrs = append(attrs, "advice", d.Advice)
		}
		r.o.Log.Warn(text, attrs...)
	}
	for _, text := range page.Remarks {
		if !r.tells("remark", text) {
			continue
		}
		r.o.Log.Warn(text, "stream", r.stream.Name, "request", page.Request)
	}
}

// tellKept logs that the bookmark stays because of doubts.
func (r *Renderer) tellKept(page *fetch.Page) {
	if r.keeps(page.Proof.Doubts) && !r.stream.FullTable() && r.tells("doubt", "the bookmark stays") {
		r.o.Log.Warn("the bookmark stays where it is: the next sync asks for the same records again (on_incomplete: warn moves it all the same)",
			"stream", r.stream.Name)
	}
}

// tells reports whether the log should have a kind: of a stream with many
// partitions each once, and not very many.
func (r *Renderer) tells(family, kind string) bool {
	if !r.o.Many {
		return true
	}
	first, tooMany := r.o.Findings.First(family, kind)
	return first && !tooMany
}

// keeps reports whether the bookmark stays because of doubts: what was not read
// may lie behind it. The definition may take them for no matter, and where it
// promises an order, all up to the last record was read.
func (r *Renderer) keeps(all []paging.Doubt) bool {
	if r.stream.Definition.OnIncomplete == sources.Warn {
		return false
	}
	sorted := r.stream.Clock.Ascends() && !r.height.frozen
	return slices.ContainsFunc(all, func(d paging.Doubt) bool { return d.Keep || d.Within || !sorted })
}
