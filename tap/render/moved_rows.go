package render

import (
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// moves is the evidence that rows moved in their list while its counted pages
// were read: records that came again on a later page, though the walk did not
// ask for them again. Nobody knows how many others moved the other way, to pages
// that were read.
type moves struct {
	counting paging.Counting // of the page under way
	again    int64           // records that came again, at least
	changed  int64           // of them, those that were changed meanwhile
	first    string          // the primary key of the first of them
	logged   int64           // of again
}

// note takes note of a record that came again.
func (m *moves) note(record []byte, keys []string, kind twins.Kind) {
	if m.again++; m.first == "" {
		m.first = keyText(record, keys)
	}
	if kind == twins.Changed {
		m.changed++
	}
}

// TellMoves warns of rows that moved, once a walk is over, however it ended.
func (r *Renderer) TellMoves() {
	m := &r.odd.moves
	if m.again == m.logged {
		return
	}
	m.logged = m.again
	r.o.Log.Warn("rows moved in their list while its pages were read: "+m.text()+". The run goes on, and no bookmark is kept back for it",
		"stream", r.stream.Name, "record", m.first, "write", r.stream.Definition.ProvesMoves())
}

// text says what came again, and what that means.
func (m *moves) text() string {
	text := report.Numbered(m.again, report.CameAgainText)
	switch m.changed {
	case 0:
		return text + "; what came again was unchanged, so rows were inserted before it, or changed places with it"
	case m.again:
		return text + "; what came again had been updated, and so had moved"
	}
	return text + report.Numbered(m.changed, "; %s of what came again had been updated")
}
