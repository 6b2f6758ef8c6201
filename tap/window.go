package tap

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// window is the time that a walk asks for, [start, end), as its requests
// write it. What has no bound is undefined.
type window struct {
	start, end expr.Value
	floor      json.RawMessage // start as records write it; nil: none
	until      time.Time       // end; zero where time is no measure
}

// value is what templates see as window.
func (w window) value() expr.Value {
	return expr.Dict([]string{"start", "end"}, []expr.Value{w.start, w.end})
}

// clock is how a stream's incremental section reads and writes time.
type clock struct {
	*sources.Incremental
	order state.Order
}

func newClock(i *sources.Incremental) clock {
	return clock{Incremental: i, order: state.Order{
		Times:   times.Reader{Layout: i.RecordTimes.Format, Zone: i.RecordTimes.Timezone},
		Numbers: i.Windows.Format == "integer",
	}}
}

// layWindow returns the one window of a pass at asOf that goes on from a
// bookmark, nil for none.
func (c clock) layWindow(from json.RawMessage, lookback times.Span, asOf time.Time, vars expr.Vars) (window, error) {
	w := window{start: expr.Undefined(), end: expr.Undefined()}
	switch {
	case !c.Bookmark.IsZero() && from != nil:
		w.start = expr.JSON(string(from))
		return w, nil
	case c.Windows.Format == "integer":
		return w, c.layNumber(&w, from, vars)
	}
	start, known, err := c.startTime(from, lookback, vars)
	if err != nil {
		return w, err
	}
	if w.until, err = c.endTime(asOf, vars); err != nil {
		return w, err
	}
	if w.end, err = c.write(w.until, c.Windows.EndInclusive && c.unit() == 24*time.Hour); err != nil || !known {
		return w, err
	}
	start = c.cut(start)
	if w.start, err = c.write(start, c.Windows.StartExclusive); err != nil {
		return w, err
	}
	w.floor = c.likeRecords(start, from)
	return w, nil
}

// layNumber lays the window of a stream whose replication key is a number.
func (c clock) layNumber(w *window, from json.RawMessage, vars expr.Vars) error {
	w.start = expr.Undefined()
	if from != nil {
		w.start, w.floor = expr.JSON(string(from)), from
	} else if c.Start != nil {
		v, err := c.Start.Eval(vars)
		if err != nil {
			return fmt.Errorf("incremental.start: %w", err)
		}
		w.start = v
	}
	if w.start.Missing() {
		return nil
	}
	n, ok := wholeNumber(w.start.AppendJSON(nil))
	if !ok {
		return fmt.Errorf("incremental: format integer needs a whole number to start from, not %s: correct incremental.start, or the bookmark in the state", w.start.Text())
	}
	w.floor = n.Append(nil, 10)
	if c.Windows.StartExclusive {
		n.Sub(n, big.NewInt(1))
	}
	w.start = expr.JSON(n.String())
	return nil
}

// wholeNumber reads a whole number of any length, as JSON or as text in JSON.
func wholeNumber(raw json.RawMessage) (*big.Int, bool) {
	text := strings.TrimSpace(strings.Trim(strings.TrimSpace(string(raw)), `"`))
	text, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > mostDigits || strings.Trim(digits, "0123456789") != "" || strings.Trim(fraction, "0") != "" {
		return nil, false
	}
	return new(big.Int).SetString(text, 10)
}

// mostDigits is how long a whole number may be.
const mostDigits = 400

// startTime is where the window begins: at the bookmark, less the lookback, or
// at incremental.start.
func (c clock) startTime(from json.RawMessage, lookback times.Span, vars expr.Vars) (t time.Time, known bool, err error) {
	first, known, err := c.evalTime("start", c.Start, vars)
	if err != nil || from == nil {
		return first, known, err
	}
	mark, err := c.order.Times.ReadJSON(from)
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

func (c clock) endTime(asOf time.Time, vars expr.Vars) (time.Time, error) {
	end, known, err := c.evalTime("end", c.End, vars)
	if err != nil {
		return end, err
	}
	if !known || end.After(asOf) {
		end = asOf
	}
	return c.cut(end), nil
}

func (c clock) evalTime(key string, t *expr.Template, vars expr.Vars) (time.Time, bool, error) {
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

// instant reads a time from a replication value or a bookmark.
func (c clock) instant(raw json.RawMessage) (time.Time, bool) { return c.order.Instant(raw) }

// compare compares replication values, also those of two kinds that both say
// a time.
func (c clock) compare(a, b json.RawMessage) (int, error) { return c.order.CompareTimes(a, b) }

// before reports whether a replication value surely lies before another. A time
// that clocks show twice may be the later one; and a number that is the larger
// one may be no time, but an id.
func (c clock) before(value, other json.RawMessage) bool {
	if n, err := c.compare(value, other); err != nil || n >= 0 {
		return false
	}
	x, err1 := c.order.Times.ReadJSON(value)
	y, err2 := c.order.Times.ReadJSON(other)
	if c.order.Numbers || err1 != nil || err2 != nil {
		return true
	}
	if x.Digits && y.Digits && x.Unit < y.Unit {
		n, err := state.Order{Numbers: true}.Compare(value, other)
		return err == nil && n < 0
	}
	x.At = x.At.Add(x.Again)
	return x.Compare(y, c.RecordTimes.Timezone) < 0
}

// unit is the precision of a window's bounds as requests write them.
func (c clock) unit() time.Duration {
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
func (c clock) cut(t time.Time) time.Time {
	if c.unit() == 24*time.Hour {
		return times.Midnight(t, c.Windows.Timezone)
	}
	return t.In(c.Windows.Timezone).Truncate(c.unit())
}

// write renders a bound as requests carry it, one unit earlier where less is
// set.
func (c clock) write(t time.Time, less bool) (expr.Value, error) {
	if less {
		if c.unit() == 24*time.Hour {
			t = t.AddDate(0, 0, -1)
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

// likeRecords writes a time as the records do whose value sample is.
func (c clock) likeRecords(t time.Time, sample json.RawMessage) json.RawMessage {
	return c.order.Times.Like(t, sample)
}
