package findings

import (
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// moves is the evidence that rows moved in their list while its counted pages
// were read: records that came again on a later page, though the walk did not
// ask for them again. Nobody knows how many others moved the other way, to pages
// that were read.
type moves struct {
	again   int64  // records that came again, at least
	changed int64  // of them, those that were changed meanwhile
	first   string // the primary key of the first of them
	told    int64  // of again
}

// note takes note of a record that came again.
func (m *moves) note(record []byte, keys []string, kind twins.Kind) {
	if m.again++; m.first == "" {
		m.first = KeyText(record, keys)
	}
	if kind == twins.Changed {
		m.changed++
	}
}

func (m *moves) add(more *moves) {
	m.again, m.changed = m.again+more.again, m.changed+more.changed
	if m.first == "" {
		m.first = more.first
	}
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
