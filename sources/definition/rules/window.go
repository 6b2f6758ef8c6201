package rules

import (
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/times"
)

// windows reports windows that cannot be cut, or that requests do not keep to.
func (c stream) windows(n *document.Node, s *sources.Stream) {
	inc := n.Get("incremental")
	window := inc.Get("window")
	if whole := inc.Get("whole_windows"); whole != nil && whole.Text == "true" && window == nil {
		c.Problem(whole, "needs window beside it: how long is a whole window?")
	}
	if window == nil || window.Read == nil || s.Incremental == nil || s.Incremental.Windows.Format == "integer" {
		return
	}
	switch {
	case !s.Incremental.Bookmark.IsZero():
		c.Problem(window, "is about time; with bookmark the API says where to go on")
	case s.Incremental.Start == nil:
		c.Problem(window, "needs start beside it: without a beginning there is no first window")
	case !s.Uses("window"):
		c.Problem(window, "nothing in the requests uses window: each would ask for the same")
	case !s.EndsWindow() && !s.Incremental.Windows.Whole: // a report of a day is asked for by its date
		c.Problem(window, "the requests do not send {{ window.end }}: each window would ask for all records up to now")
	}
	c.precise(window, s.Incremental.Windows)
}

// unitOf is the least time that requests write; 0: any.
func unitOf(w sources.Windows) time.Duration {
	switch w.Format {
	case "date":
		return 24 * time.Hour
	case "rfc3339", "epoch":
		return time.Second
	case "epoch_ms":
		return time.Millisecond
	}
	return times.LayoutUnit(w.Format)
}

// precise reports windows that requests cannot write, since they write no time
// that fine.
func (c stream) precise(n *document.Node, w sources.Windows) {
	unit := unitOf(w)
	if unit > 0 && w.Length.Months == 0 && (w.Length.Nanos < unit || w.Length.Nanos%unit != 0) {
		c.Problem(n, "windows are written in format %s, to %s: a window of %s cannot be asked for; write a multiple of that, or a finer format", w.Format, unit, document.Clip(n.Text))
		return
	}
	if w.Length.Months != 0 && w.Length.Nanos != 0 {
		c.Problem(n, "wants months or years alone, as 3mo, or a duration, as 36h, not %q", document.Clip(n.Text))
		return
	}
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) // of a year, a month and a week
	second, err := w.Length.AddTo(first)
	if err != nil || !strings.Contains(w.Format, "%") {
		return
	}
	x, err1 := times.Strftime(first, w.Format)
	y, err2 := times.Strftime(second, w.Format)
	if err1 == nil && err2 == nil && x == y {
		c.Problem(n, "is less than format %s can say: both ends of such a window are written as %q; write a longer window, or a finer format", document.Clip(w.Format), document.Clip(x))
	}
}
