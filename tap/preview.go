package tap

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// Look is what a preview shows of a stream.
type Look struct {
	Records  []json.RawMessage // as they would leave
	Requests []LookedAt        // that had answers with records, or might have had
	End      string            // what ended the walk, or would have
}

// LookedAt is a request of a preview, and its answer.
type LookedAt struct {
	Stream   string `json:"stream"`
	Request  string `json:"request"` // method and URL, redacted
	Status   int    `json:"status"`
	Records  int    `json:"records"`
	Attempts int    `json:"attempts"`
	Took     string `json:"decode,omitempty"` // what decode finds out of the answer itself, and why; "": nothing
}

// Preview returns the first records of a stream. Where it fails, what came before is
// there.
func Preview(stop context.Context, o Options, stream string, most int) (Look, error) {
	var look Look
	if !slices.Contains(o.Definition.Names(), stream) {
		return look, unusable("%s has no stream %q; it has %s", o.Definition.File, stream, strings.Join(o.Definition.Names(), ", "))
	}
	o.Catalog = &catalog.Catalog{Streams: []*catalog.Stream{{ID: stream, Name: stream, Selected: true}}}
	err := eachProbe(stop, o, func(w *probe) error {
		w.run.look.sees = func(p *probe, page *fetch.Page) { look.add(p, page) }
		return w.firstPages(stop, func(page *fetch.Page) (bool, error) {
			w.tellNotes(page)
			look.End = endOf(w, page)
			err := w.renderer.Preview(page, func(record []byte) {
				if len(look.Records) < most {
					look.Records = append(look.Records, record)
				}
			})
			return len(look.Records) < most, err
		})
	})
	return look, err
}

// add takes note of an answer. A long one comes in pieces, and counts once.
func (l *Look) add(w *probe, page *fetch.Page) {
	l.Requests = append(l.Requests, LookedAt{w.stream.Name, page.Request, page.Status, page.Count(), page.Attempts, page.Body.Seen().Took})
}

// endOf says what ended the walk at a page, or would end it.
func endOf(w *probe, page *fetch.Page) string {
	if page.Proof.Over() {
		return fmt.Sprintf("the walk ended with %s", paging.Ends[page.Proof.By])
	}
	return "the walk would go on; it ends with " + paging.WouldEnd(w.stream.Definition)
}

// tellNotes warns of what the first answer shows of the definition.
func (w *probe) tellNotes(page *fetch.Page) {
	if page.Partial {
		return
	}
	for _, note := range w.walker.walk.Notes(page) {
		w.run.Log.Warn(note, "stream", w.stream.Name)
	}
}
