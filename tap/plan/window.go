package plan

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Window is the time that a walk asks for, [start, end), as its requests
// write it. What has no bound is undefined.
type Window struct {
	Start, End expr.Value
	Floor      json.RawMessage // start as records write it; nil: none
	From       time.Time       // start; zero where there is none, or time is no measure
	Until      time.Time       // end; zero where time is no measure
}

// Value is what templates see as window.
func (w Window) Value() expr.Value {
	return expr.Dict([]string{"start", "end"}, []expr.Value{w.Start, w.End})
}

// Lay returns the one window of a pass at asOf that goes on from a bookmark, nil
// for none. That of a full table is zero.
func (c Clock) Lay(from json.RawMessage, lookback times.Span, asOf time.Time, vars expr.Vars) (Window, error) {
	if c.Incremental == nil {
		return Window{}, nil
	}
	w := Window{Start: expr.Undefined(), End: expr.Undefined()}
	switch {
	case !c.Bookmark.IsZero() && from != nil:
		w.Start = expr.JSON(string(from))
		return w, nil
	case c.Windows.Format == "integer":
		return w, c.layNumber(&w, from, vars)
	}
	start, known, err := c.startTime(from, lookback, vars)
	if err != nil {
		return w, err
	}
	if w.Until, err = c.endTime(asOf, vars); err != nil {
		return w, err
	}
	if w.End, err = c.write(w.Until, c.Windows.EndInclusive && c.unit() == 24*time.Hour); err != nil || !known {
		return w, err
	}
	start = c.cut(start)
	w.From = start
	if w.Start, err = c.write(start, c.Windows.StartExclusive); err != nil {
		return w, err
	}
	w.Floor = c.Order.Times.Like(start, from)
	return w, nil
}

// layNumber lays the window of a stream whose replication key is a number.
func (c Clock) layNumber(w *Window, from json.RawMessage, vars expr.Vars) error {
	w.Start = expr.Undefined()
	if from != nil {
		w.Start, w.Floor = expr.JSON(string(from)), from
	} else if c.Start != nil {
		v, err := c.Start.Eval(vars)
		if err != nil {
			return fmt.Errorf("incremental.start: %w", err)
		}
		w.Start = v
	}
	if w.Start.Missing() {
		return nil
	}
	n, ok := WholeNumber(w.Start.AppendJSON(nil))
	if !ok {
		return fmt.Errorf("incremental: format integer needs a whole number to start from, not %s: correct incremental.start, or the bookmark in the state", w.Start.Text())
	}
	w.Floor = n.Append(nil, 10)
	if c.Windows.StartExclusive {
		n.Sub(n, big.NewInt(1))
	}
	w.Start = expr.JSON(n.String())
	return nil
}

// startTime is where the window begins: at the bookmark, less the lookback, or
// at incremental.start.
func (c Clock) startTime(from json.RawMessage, lookback times.Span, vars expr.Vars) (t time.Time, known bool, err error) {
	first, known, err := c.evalTime("start", c.Start, vars)
	if err != nil || from == nil {
		return first, known, err
	}
	mark, err := c.Order.Times.ReadJSON(from)
	if err != nil {
		return t, false, fmt.Errorf("the bookmark %s is no time: %w; correct the state, or remove the stream from it "+
			"to read the stream anew", from, err)
	}
	begin, err := lookback.Negate().AddTo(mark.At.In(c.Windows.Timezone))
	if err != nil {
		return t, false, fmt.Errorf("lookback before the bookmark %s: %w", from, err)
	}
	switch {
	case !known || !begin.Before(first):
		return begin, true, nil
	case mark.At.Before(first):
		return mark.At, true, nil // start has moved on, but nothing is read in between yet
	}
	return first, true, nil // nothing earlier was ever asked for
}

func (c Clock) endTime(asOf time.Time, vars expr.Vars) (time.Time, error) {
	end, known, err := c.evalTime("end", c.End, vars)
	if err != nil {
		return end, err
	}
	if !known || end.After(asOf) {
		end = asOf
	}
	return c.cut(end), nil
}

func (c Clock) evalTime(key string, t *expr.Template, vars expr.Vars) (time.Time, bool, error) {
	if t == nil {
		return time.Time{}, false, nil
	}
	v, err := t.Eval(vars)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("incremental.%s: %w", key, err)
	}
	if v.Missing() || v.Kind() == expr.KindString && v.Text() == "" {
		return time.Time{}, false, nil
	}
	if v.Kind() == expr.KindTime {
		at, _ := v.Instant()
		return at, true, nil
	}
	at, err := times.Reader{Layout: c.RecordTimes.Format, Zone: c.Windows.Timezone}.ReadJSON(v.AppendJSON(nil))
	if err != nil {
		return time.Time{}, false, fmt.Errorf("incremental.%s: %s is no time: %w; write it like 2024-01-31 or 2024-01-31T00:00:00Z", key, v.Text(), err)
	}
	return at.At, true, nil
}

// unit is the precision of a window's bounds as requests write them.
func (c Clock) unit() time.Duration {
	switch c.Windows.Format {
	case "date":
		return 24 * time.Hour
	case "epoch_ms":
		return time.Millisecond
	case "rfc3339", "epoch":
		return time.Second
	}
	return times.LayoutUnit(c.Windows.Format)
}

// cut rounds a time down to the unit; days begin at midnight in the stream's
// timezone.
func (c Clock) cut(t time.Time) time.Time {
	if c.unit() == 24*time.Hour {
		return times.Midnight(t, c.Windows.Timezone)
	}
	return t.In(c.Windows.Timezone).Truncate(c.unit())
}

// write renders a bound as requests carry it, one unit earlier where less is
// set.
func (c Clock) write(t time.Time, less bool) (expr.Value, error) {
	if less {
		if c.unit() == 24*time.Hour {
			t = times.Midnight(t, c.Windows.Timezone).Add(-1) // a day may lack its midnight
		} else {
			t = t.Add(-c.unit())
		}
	}
	t = t.In(c.Windows.Timezone)
	switch c.Windows.Format {
	case "rfc3339":
		return expr.String(t.Format(time.RFC3339)), nil
	case "date":
		return expr.String(t.Format(time.DateOnly)), nil
	case "epoch":
		return expr.Int(t.Unix()), nil
	case "epoch_ms":
		return expr.Int(t.UnixMilli()), nil
	}
	text, err := times.Strftime(t, c.Windows.Format)
	if err != nil {
		return expr.Undefined(), fmt.Errorf("incremental.format: %w", err)
	}
	return expr.String(text), nil
}

const (
	// endShare is which part of a stream's time its other end is, and maxNewest
	// the longest that may be at the new one: short, so that what is new is seen,
	// and long enough not to come out empty.
	endShare  = 10
	maxNewest = 30 * 24 * time.Hour
)

// OtherEnd returns the window of the newest records of a stream, or of the oldest
// where it begins with the newest: where the first of some records from its start
// has a later replication value than the last of them. It reports false where time is no measure, or
// the stream has no beginning to tell the oldest by.
func (c Clock) OtherEnd(first, last json.RawMessage, asOf time.Time, vars expr.Vars) (w Window, ok bool) {
	if !c.Timed() {
		return w, false
	}
	begin, known, err := c.startTime(nil, times.Span{}, vars)
	if err != nil {
		return w, false
	}
	until, err := c.endTime(asOf, vars)
	if err != nil {
		return w, false
	}
	from, to := until.Add(-maxNewest), until
	if known {
		share := until.Sub(begin) / endShare
		from = until.Add(-min(share, maxNewest))
		if order, err := c.Order.CompareTimes(first, last); err == nil && order > 0 {
			from, to = begin, begin.Add(share)
		}
	}
	w, err = c.lay(from, to)
	return w, err == nil
}

// lay returns the window of a time.
func (c Clock) lay(from, to time.Time) (w Window, err error) {
	if w.Start, err = c.write(c.cut(from), c.Windows.StartExclusive); err != nil {
		return w, err
	}
	w.End, err = c.write(c.cut(to), c.Windows.EndInclusive && c.unit() == 24*time.Hour)
	return w, err
}
