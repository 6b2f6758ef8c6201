package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Range is a range of time that is read again, whatever the bookmark says: that
// stays. The zero Range is none.
type Range struct {
	Start, End string // as the config has them; "": those of the definition
}

// String is the range as the journal has it, "" for none.
func (r Range) String() string {
	if r == (Range{}) {
		return ""
	}
	return r.Start + "/" + r.End
}

// Within makes a stream read a range of its time. It reports false where that is
// not possible, because the stream is not read by time. It is called before a
// pass is decided on.
func (s *Stream) Within(r Range) (bool, error) {
	if r == (Range{}) {
		return true, nil
	}
	if !s.Clock.Timed() {
		return false, nil
	}
	bounded := *s.Clock.Incremental
	for _, bound := range []struct {
		text string
		of   **expr.Template
	}{{r.Start, &bounded.Start}, {r.End, &bounded.End}} {
		if bound.text == "" {
			continue
		}
		template, err := expr.NewScope().Compile(bound.text)
		if err != nil {
			return false, fmt.Errorf("run: %w", err)
		}
		*bound.of = template
	}
	s.Clock.Incremental, s.Range = &bounded, r
	return true, nil
}

// backfill decides on a pass over a range that is read again: one of the journal
// that was killed goes on. The state is not asked, and stays as it is.
func (d *Decision) backfill(s *Stream, k Known) error {
	d.Backfill, d.Lookback = true, times.Span{}
	if s.Range.Start != "" {
		start, _, err := s.Clock.evalTime("start", s.Clock.Start, nil)
		if err != nil {
			return fmt.Errorf("stream %s: run.start: %w", s.Name, err)
		}
		if !start.Before(k.Now) {
			return fmt.Errorf("run.start: %s lies in the future, where nothing can be read again", s.Range.Start)
		}
	}
	if k.Replay {
		d.replay(s, &k.Passes[len(k.Passes)-1])
		d.Bookmark, d.Behind = nil, false
		return nil
	}
	d.goOn(s, k)
	d.sort(s, k)
	return nil
}

// InRange returns the passes of the journal that read a range again, or of the
// zero Range those that go on from a bookmark.
func InRange(passes []Recorded, r Range) []Recorded {
	return slices.DeleteFunc(passes, func(p Recorded) bool { return p.Layout.Range != r.String() })
}

// cutInto makes the length of windows another one, where the stream can be cut:
// its requests say where a window ends.
func (d *Decision) cutInto(s *Stream, length *times.Span) error {
	if length == nil || s.Clock.Start == nil || !s.Definition.EndsWindow() || s.Clock.Windows.Whole && *length == (times.Span{}) {
		return nil
	}
	if err := s.Clock.cuttable(*length); err != nil {
		return fmt.Errorf("stream %s: run.window: %w", s.Name, err)
	}
	d.Length = *length
	return nil
}

// cuttable says why time cannot be cut into windows of a length, nil if it can.
func (c Clock) cuttable(length times.Span) error {
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) // of a year, a month and a week
	inUTC := *c.Incremental
	inUTC.Windows.Timezone = time.UTC
	c.Incremental = &inUTC
	second, err := length.AddTo(first)
	switch {
	case length == times.Span{}:
		return nil
	case err != nil:
		return err
	case length.Months != 0 && length.Nanos != 0:
		return errors.New("want months or years alone, as 3mo, or a duration, as 36h")
	case length.Nanos%c.unit() != 0:
		return fmt.Errorf("%v is no multiple of %v, to which format %s writes times", length, c.unit(), c.Windows.Format)
	}
	x, err := c.write(first, false)
	if err != nil {
		return err
	}
	y, err := c.write(second, false)
	if err == nil && x.Text() == y.Text() {
		err = fmt.Errorf("%v is less than format %s can say: it writes the start of such a window as its end", length, c.Windows.Format)
	}
	return err
}
