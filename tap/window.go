package tap

import (
	"encoding/json"
	"fmt"
	"strconv"
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
	c := clock{Incremental: i}
	if layout := i.RecordFormat; layout != "" {
		c.order.Parse = func(text string) (time.Time, bool) {
			t, err := times.Strptime(layout, text)
			return t, err == nil
		}
	}
	return c
}

// layWindow returns the one window of a pass at asOf that goes on from a
// bookmark, nil for none.
func (c clock) layWindow(from json.RawMessage, lookback time.Duration, asOf time.Time, vars expr.Vars) (window, error) {
	w := window{start: expr.Undefined(), end: expr.Undefined()}
	switch {
	case !c.Bookmark.IsZero() && from != nil:
		w.start = expr.JSON(string(from))
		return w, nil
	case c.Format == "integer":
		return w, c.layNumber(&w, from, vars)
	}
	start, known, err := c.startTime(from, lookback, vars)
	if err != nil {
		return w, err
	}
	if w.until, err = c.endTime(asOf, vars); err != nil {
		return w, err
	}
	if w.end, err = c.write(w.until, c.EndInclusive && c.unit() == 24*time.Hour); err != nil || !known {
		return w, err
	}
	start = c.cut(start)
	if w.start, err = c.write(start, c.StartExclusive); err != nil {
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
	n, ok := w.start.Int64()
	if !ok && w.start.Kind() == expr.KindString {
		var err error
		n, err = strconv.ParseInt(strings.TrimSpace(w.start.Text()), 10, 64)
		ok = err == nil
	}
	switch {
	case w.start.Missing():
		return nil
	case !ok:
		return fmt.Errorf("incremental: format integer needs a whole number to start from, not %s", w.start.Text())
	}
	w.floor = strconv.AppendInt(nil, n, 10)
	if c.StartExclusive {
		n--
	}
	w.start = expr.Int(n)
	return nil
}

// startTime is where the window begins: at the bookmark, less the lookback, or
// at incremental.start.
func (c clock) startTime(from json.RawMessage, lookback time.Duration, vars expr.Vars) (t time.Time, known bool, err error) {
	first, known, err := c.evalTime("start", c.Start, vars)
	if err != nil || from == nil {
		return first, known, err
	}
	mark, ok := c.instant(from)
	if !ok {
		return t, false, fmt.Errorf("the bookmark %s is no time: correct the state, or remove the stream from it "+
			"to read the stream anew", from)
	}
	begin := mark.Add(-lookback)
	switch {
	case !known || !begin.Before(first):
		return begin, true, nil
	case mark.Before(first):
		return mark, true, nil // start has moved on, but nothing is read in between yet
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
	if at, ok := c.instant(v.AppendJSON(nil)); ok {
		return at, true, nil
	}
	return time.Time{}, false, fmt.Errorf("incremental.%s: %s is no time: write it like 2024-01-31 or 2024-01-31T00:00:00Z", key, v.Text())
}

// milliseconds is the least epoch that is taken for one in milliseconds; as
// seconds it would lie in the year 5138.
const milliseconds = 100_000_000_000

// instant reads a time from a replication value, a setting or a bookmark: text
// as state.Order does, numbers as dates of 8 digits, or as seconds or
// milliseconds since 1970.
func (c clock) instant(raw json.RawMessage) (time.Time, bool) {
	if t, ok := c.order.Instant(raw); ok {
		return t, true
	}
	text := bare(raw)
	if t, ok := compactDate(text); ok {
		return t, true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n >= milliseconds || n <= -milliseconds {
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), true
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f > -milliseconds && f < milliseconds {
		return time.UnixMicro(int64(f * 1e6)), true
	}
	return time.Time{}, false
}

// compare compares replication values, also those of two kinds that both say
// a time: a bookmark in text, say, and records that write seconds.
func (c clock) compare(a, b json.RawMessage) (int, error) {
	n, err := c.order.Compare(a, b)
	if err == nil {
		return n, nil
	}
	x, ok1 := c.instant(a)
	y, ok2 := c.instant(b)
	if !ok1 || !ok2 {
		return 0, err
	}
	_, day1 := compactDate(bare(a))
	_, day2 := compactDate(bare(b))
	if day1 || day2 { // the smaller precision decides
		x, y = x.UTC().Truncate(24*time.Hour), y.UTC().Truncate(24*time.Hour)
	}
	return x.Compare(y), nil
}

// compactDate reads a date of 8 digits, as 20240131. As seconds since 1970
// they would lie in its summer.
func compactDate(text string) (time.Time, bool) {
	if len(text) != len(compactLayout) {
		return time.Time{}, false
	}
	t, err := time.Parse(compactLayout, text)
	return t, err == nil
}

const compactLayout = "20060102"

// bare is a replication value without the quotes of text.
func bare(raw json.RawMessage) string { return strings.Trim(strings.TrimSpace(string(raw)), `"`) }

// unit is the precision of a window's bounds as requests write them.
func (c clock) unit() time.Duration {
	switch c.Format {
	case "date":
		return 24 * time.Hour
	case "epoch_ms":
		return time.Millisecond
	case "rfc3339", "epoch":
		return time.Second
	}
	return layoutUnit(c.Format)
}

// layoutUnit is the precision of a strftime layout.
func layoutUnit(layout string) time.Duration {
	for _, u := range []struct {
		directives string
		unit       time.Duration
	}{
		{"%f %epoch_microseconds", time.Microsecond}, {"%_ms %ms", time.Millisecond}, {"%S %s %T %c %X", time.Second}, {"%M %R", time.Minute}, {"%H %I", time.Hour},
	} {
		for d := range strings.FieldsSeq(u.directives) {
			if strings.Contains(layout, d) {
				return u.unit
			}
		}
	}
	return 24 * time.Hour
}

// cut rounds a time down to the unit; days begin at midnight in the stream's
// timezone.
func (c clock) cut(t time.Time) time.Time {
	t = t.In(c.Timezone)
	if c.unit() == 24*time.Hour {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, c.Timezone)
	}
	return t.Truncate(c.unit())
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
	t = t.In(c.Timezone)
	switch c.Format {
	case "rfc3339":
		return expr.String(t.Format(time.RFC3339)), nil
	case "date":
		return expr.String(t.Format(time.DateOnly)), nil
	case "epoch":
		return expr.Int(t.Unix()), nil
	case "epoch_ms":
		return expr.Int(t.UnixMilli()), nil
	}
	text, err := times.Strftime(t, c.Format)
	if err != nil {
		return expr.Undefined(), fmt.Errorf("incremental.format: %w", err)
	}
	return expr.String(text), nil
}

// likeRecords writes a time as the records do whose value sample is: as a
// number, in their own format, or as RFC 3339 in UTC.
func (c clock) likeRecords(t time.Time, sample json.RawMessage) json.RawMessage {
	if c.RecordFormat != "" {
		if text, err := times.Strftime(t, c.RecordFormat); err == nil {
			if sample != nil && sample[0] != '"' {
				return json.RawMessage(text)
			}
			return expr.String(text).AppendJSON(nil)
		}
	}
	if _, ok := compactDate(bare(sample)); ok {
		text := t.UTC().Format(compactLayout)
		if sample[0] != '"' {
			return json.RawMessage(text)
		}
		return expr.String(text).AppendJSON(nil)
	}
	if n, err := strconv.ParseFloat(string(sample), 64); err == nil {
		if n >= milliseconds {
			return strconv.AppendInt(nil, t.UnixMilli(), 10)
		}
		return strconv.AppendInt(nil, t.Unix(), 10)
	}
	return expr.String(t.UTC().Format(time.RFC3339)).AppendJSON(nil)
}
