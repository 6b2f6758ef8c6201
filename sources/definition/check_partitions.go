package definition

import (
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// windows reports windows that cannot be cut, or that requests do not keep to.
func (b *builder) windows(n *document.Node, s *sources.Stream) {
	inc := n.Get("incremental")
	window := inc.Get("window")
	if whole := inc.Get("whole_windows"); whole != nil && whole.Text == "true" && window == nil {
		b.Problem(whole, "needs window beside it: how long is a whole window?")
	}
	if window == nil || window.Read == nil || s.Incremental == nil || s.Incremental.Windows.Format == "integer" {
		return
	}
	switch {
	case !s.Incremental.Bookmark.IsZero():
		b.Problem(window, "is about time; with bookmark the API says where to go on")
	case s.Incremental.Start == nil:
		b.Problem(window, "needs start beside it: without a beginning there is no first window")
	case !s.Uses("window"):
		b.Problem(window, "nothing in the requests uses window: each would ask for the same")
	case !s.EndsWindow() && !s.Incremental.Windows.Whole: // a report of a day is asked for by its date
		b.Problem(window, "the requests do not send {{ window.end }}: each window would ask for all records up to now")
	}
	b.precise(window, s.Incremental.Windows)
}

// precise reports windows that requests cannot write, since they write no time
// that fine.
func (b *builder) precise(n *document.Node, w sources.Windows) {
	unit := times.LayoutUnit(w.Format)
	switch w.Format {
	case "date":
		unit = 24 * time.Hour
	case "rfc3339", "epoch":
		unit = time.Second
	case "epoch_ms":
		unit = time.Millisecond
	}
	if unit > 0 && w.Length.Months == 0 && (w.Length.Nanos < unit || w.Length.Nanos%unit != 0) {
		b.Problem(n, "windows are written in format %s, to %s: a window of %s cannot be asked for; write a multiple of that, or a finer format", w.Format, unit, document.Clip(n.Text))
		return
	}
	if w.Length.Months != 0 && w.Length.Nanos != 0 {
		b.Problem(n, "wants months or years alone, as 3mo, or a duration, as 36h, not %q", document.Clip(n.Text))
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
		b.Problem(n, "is less than format %s can say: both ends of such a window are written as %q; write a longer window, or a finer format", document.Clip(w.Format), document.Clip(x))
	}
}

// contexts reports axes of one name, and templates that look at a value that no
// axis has.
func (b *builder) contexts(def *sources.Definition) {
	for i, s := range def.Streams {
		if len(s.PartitionBy) == 0 {
			continue
		}
		b.axes(i, s)
		if given := b.given(def, s, len(def.Streams)); given != nil {
			b.looksAtContext(i, s, given)
		}
	}
}

// axes reports a name that two axes give.
func (b *builder) axes(i int, s *sources.Stream) {
	parents, seen := 0, map[string]bool{}
	for j, axis := range s.PartitionBy {
		n := b.partitions[i].Items[j]
		names := []string{axis.Name}
		if axis.Parent != "" {
			names = names[:0]
			for _, key := range axis.Keys {
				names = append(names, key.Name)
			}
			if parents++; parents > 1 {
				continue // each parent has contexts of its own, which may have the same names
			}
		}
		for _, name := range names {
			if seen[name] {
				b.Problem(n, "gives the value %s, as another entry does: take another name", document.Clip(name))
			}
			seen[name] = true
		}
	}
}

// given returns the names that the contexts of a stream have; nil where they
// cannot be told. most is how many generations there can be.
func (b *builder) given(def *sources.Definition, s *sources.Stream, most int) (names []string) {
	for _, axis := range s.PartitionBy {
		switch {
		case axis.Parent == "":
			names = append(names, axis.Name)
		case most == 0 || def.Stream(axis.Parent) == nil:
			return nil
		default:
			for _, key := range axis.Keys {
				names = append(names, key.Name)
			}
			if parent := def.Stream(axis.Parent); len(parent.PartitionBy) > 0 {
				inherited := b.given(def, parent, most-1)
				if inherited == nil {
					return nil
				}
				names = append(names, inherited...)
			}
		}
	}
	return names
}

// looksAtContext reports a value of the context that there is none of, and
// requests that look at no context.
func (b *builder) looksAtContext(i int, s *sources.Stream, given []string) {
	n := b.partitions[i]
	uses := false
	s.EachTemplate(func(t *expr.Template) {
		for _, keys := range t.Reads("partition") {
			uses = true
			if len(keys) > 0 && !slices.Contains(given, keys[0]) {
				b.Problem(n, "no entry gives partition.%s, which the stream's templates use; its contexts have %s", document.Clip(keys[0]), strings.Join(given, ", "))
			}
		}
	})
	if !uses {
		b.Problem(n, "nothing in the stream's request uses partition, so each context would ask for the same: send {{ partition.%s }}", document.Clip(given[0]))
	}
}
