package apitest

import (
	"math"
	"sort"
	"strconv"
	"time"
)

// stamp is a time in microseconds since 1970.
type stamp int64

// noStamp stands for a field that is missing or says no time.
const noStamp stamp = math.MinInt64

// selection is the records that a request's filter lets through, in order:
// those from lo up to hi, or those of index where that is set.
type selection struct {
	lo, hi int
	index  []int
}

func (s selection) len() int {
	if s.index != nil {
		return len(s.index)
	}
	return s.hi - s.lo
}

// at returns the position in the collection of record i of the selection.
func (s selection) at(i int) int {
	if s.index != nil {
		return s.index[i]
	}
	return s.lo + i
}

// interval is the stamps from lo up to hi, both included.
type interval struct{ lo, hi stamp }

// selection applies the request's filter.
func (c *collection) selection(q query) (selection, *problem) {
	in, filtered, p := c.Filter.interval(q)
	switch {
	case p != nil:
		return selection{}, p
	case !filtered:
		return selection{hi: c.count()}, nil
	case c.Filter.Ascending:
		return c.bisect(in), nil
	}
	c.readStamps.Do(c.loadStamps)
	index := make([]int, 0, len(c.stamps))
	for i, t := range c.stamps {
		if t != noStamp && in.lo <= t && t <= in.hi {
			index = append(index, i)
		}
	}
	return selection{index: index}, nil
}

// interval reads the filter's parameters; filtered says whether any was given.
func (f Filter) interval(q query) (in interval, filtered bool, p *problem) {
	in = interval{math.MinInt64 + 1, math.MaxInt64}
	if f.Field == "" {
		return in, false, nil
	}
	from, to := q.params.Get(f.From), q.params.Get(f.To)
	if from != "" {
		if in.lo = parseStamp(from); in.lo == noStamp {
			return in, false, invalid(f.From + " is no time: " + from)
		}
		if f.StartExclusive {
			in.lo++
		}
	}
	if to != "" {
		if in.hi = parseStamp(to); in.hi == noStamp {
			return in, false, invalid(f.To + " is no time: " + to)
		}
		if !f.EndInclusive {
			in.hi--
		}
	}
	return in, from != "" || to != "", nil
}

// bisect finds the records of in where records are in order.
func (c *collection) bisect(in interval) selection {
	var buf []byte
	at := func(i int) stamp {
		buf = c.record(buf[:0], i)
		return fieldStamp(buf, c.Filter.Field)
	}
	n := c.count()
	lo := sort.Search(n, func(i int) bool { return at(i) >= in.lo })
	hi := sort.Search(n, func(i int) bool { return at(i) > in.hi })
	return selection{lo: lo, hi: max(lo, hi)}
}

func (c *collection) loadStamps() {
	c.stamps = make([]stamp, c.count())
	var buf []byte
	for i := range c.stamps {
		buf = c.record(buf[:0], i)
		c.stamps[i] = fieldStamp(buf, c.Filter.Field)
	}
}

// fieldStamp reads the time in a record's field.
func fieldStamp(record []byte, name string) stamp {
	return parseStamp(Field(record, name))
}

// parseStamp reads an RFC 3339 time, a date or a number. It returns noStamp for
// anything else.
func parseStamp(s string) stamp {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return unixStamp(n)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return stamp(t.UnixMicro())
		}
	}
	return noStamp
}

// unixStamp takes n for seconds, or for milliseconds when as seconds it would
// lie beyond the year 5000.
func unixStamp(n int64) stamp {
	const beyond = 100_000_000_000
	switch {
	case n > math.MaxInt64/1000 || n < -beyond:
		return noStamp
	case n > beyond:
		return stamp(n * 1000)
	}
	return stamp(n * 1_000_000)
}
