package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// tellCut says of walks that this run was stopped in the middle of what becomes of
// them where the server keeps the position: they are read from their starts again, and
// a walk that is longer than every run would never come to its end without a word.
func tellCut(p *pass) {
	session, b := &p.stream.Definition.Pagination.Session, &p.track.bookmark
	if !session.Keeps || b.Resume == nil {
		return
	}
	closes := session.Close != nil || p.run.journal == nil
	var walks, pages int64
	runs := 1
	for _, o := range b.Resume.Open {
		at, err := plan.StandingOf(&o)
		if err != nil || at.Next.First() || o.Deferred || !closes && at.Excused == 0 {
			continue
		}
		walks, pages, runs = walks+1, max(pages, at.Next.Pages), max(runs, at.Excused+1)
	}
	if walks == 0 {
		return
	}
	text := fmt.Sprintf("the run was stopped after %d pages of a walk whose position only the server keeps: the next run reads it from its start again", pages)
	if walks > 1 {
		text = report.Numbered(walks, fmt.Sprintf("the run was stopped in the middle of %%s walks whose position only the server keeps, after %d pages at most: the next run reads them from their starts again", pages))
	}
	if runs > 1 {
		text += fmt.Sprintf(". %d runs in a row were stopped before its end", runs)
	}
	text += ". If every run is shorter than the walk, it never comes to its end: let runs last longer (run.max_requests, run.max_duration), or read less in one walk (incremental.window)"
	switch {
	case session.Close != nil && p.run.journal != nil:
		text += ", or leave out pagination.close, and the next run goes on in the session, as long as the API keeps it"
	case session.Close == nil && p.run.journal == nil:
		text += ", or keep a journal, and the next run goes on in the session, as long as the API keeps it"
	}
	p.track.account.Note(text)
	p.run.Log.Warn(text, "stream", p.stream.Name)
}
