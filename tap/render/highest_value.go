package render

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/findings"
	"github.com/tap-rest/tap-rest/tap/report"
)

// height is how far a partition has come: the highest replication value, or what
// an answer says at incremental.bookmark. It is what the bookmark can become.
type height struct {
	stream *plan.Stream
	floor  json.RawMessage                           // the window's
	seal   func(expr.Value) (json.RawMessage, error) // for the state
	high   *state.High
	marked json.RawMessage // what an answer says; nil: nothing yet
	frozen bool            // sorted, but a value descended
	future futureValues
	walk   *findings.Walk
}

func newHeight(one *plan.Reading, walk *findings.Walk, seal func(expr.Value) (json.RawMessage, error)) height {
	h := height{stream: one.Stream, walk: walk, seal: seal, floor: one.Part.Window.Floor, marked: one.Start.Mark, frozen: one.Start.Frozen, future: newFutureValues(one)}
	high := one.Start.High
	if h.future.has(high) { // of a state from before such values were left out
		high = nil
	}
	h.high = state.NewHigh(one.Stream.Clock.Order, high)
	return h
}

// standing is where the walk stands before its next request.
func (h *height) standing(next paging.Position) plan.Standing {
	return plan.Standing{Next: next, High: h.high.Value(), Mark: h.marked, Frozen: h.frozen}
}

// note takes note of a record's replication value, and reports whether it is not
// the highest so far. It reports false for a record that client_filter drops.
func (h *height) note(record, value []byte, n *report.Counts) (keep, lower bool, err error) {
	if h.stream.ReplicationKey == "" {
		return true, false, nil
	}
	if h.stream.Clock.ClientFilter && h.older(value) {
		n[report.TooOld]++
		return false, false, nil
	}
	if h.future.has(value) {
		n[report.AheadOfClock]++
		h.walk.Future.Note(record, h.stream.Keys, value)
		return true, false, nil
	}
	if (len(value) == 0 || value[0] == 'n') && h.stream.Clock.Mark().IsZero() {
		n[report.NoValue]++
		h.walk.Missing.Note(record, h.stream.Keys, nil)
	}
	if lower, err = h.high.Observe(value); err != nil {
		return false, false, fmt.Errorf("%s: record %s: replication key %s: %w", h.stream.Name, findings.KeyText(record, h.stream.Keys), h.stream.ReplicationKey, err)
	}
	if lower && h.stream.Clock.Sorted {
		h.frozen = true
	}
	return true, lower, nil
}

// timed refuses a replication key that is no time where windows are: it would
// be compared as text, and the next run could not go on from it.
func (h *height) timed(page *fetch.Page) error {
	if h.stream.ReplicationKey == "" || !h.stream.Clock.Mark().IsZero() {
		return nil
	}
	value := h.high.Value()
	if value == nil {
		return nil
	}
	if h.stream.Clock.Windows.Format == "integer" {
		if _, ok := plan.WholeNumber(value); !ok {
			return fmt.Errorf("%s: %s: the replication key %s is %s, which is no whole number, and with format: integer the next run could not go on from it: "+
				"leave format out where it is a time, or take another field", h.stream.Name, page.Request, h.stream.ReplicationKey, findings.Clip(value))
		}
		return nil
	}
	_, err := h.stream.Clock.Order.Times.ReadJSON(value)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: the replication key %s is %s, which is not recognised as a time: %w; say in incremental.record_format "+
		"how the API writes it, as \"%%d/%%m/%%Y\", or that it is a number by format: integer", h.stream.Name, page.Request, h.stream.ReplicationKey, findings.Clip(value), err)
}

// older reports whether a replication value lies before the window. One that
// is null, or of another kind than the window's start, does not.
func (h *height) older(value []byte) bool {
	if h.floor == nil || value == nil || string(value) == "null" {
		return false
	}
	return h.stream.Clock.Before(value, h.floor)
}

// setMark takes from the last answer of a walk where to go on, or from the
// first, as bookmark_from says. A walk that goes on keeps what its first answer
// said; one that the API has lost has another first answer.
func (h *height) setMark(page *fetch.Page, vars expr.Vars) error {
	mark, which, says := h.stream.Clock.Mark(), "last", page.Last
	if mark.IsZero() {
		return nil
	}
	if h.stream.Clock.BookmarkFirst {
		which, says = "first", page.First
	}
	if !says {
		return nil
	}
	v, err := ref.Eval(mark, vars, page.Body.Text, page.Header)
	if err != nil {
		return fmt.Errorf("%s: %s: incremental.bookmark: %w", h.stream.Name, page.Request, err)
	}
	if raw := v.AppendJSON(nil); v.Missing() || v.Text() == "" || raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return fmt.Errorf("%s: %s: the %s answer has no incremental.bookmark: without it the next run cannot go on",
			h.stream.Name, page.Request, which)
	}
	if h.marked, err = h.seal(v); err != nil {
		return fmt.Errorf("%s: %s: incremental.bookmark %w", h.stream.Name, page.Request, err)
	}
	return nil
}
