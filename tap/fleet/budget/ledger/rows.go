package ledger

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// Holds are all workers that hold places, or want some, and Members all that lease starts.
// Their texts are short, and soon read: each of a thousand workers reads and writes them. A
// text is a time in milliseconds, and a row for each worker, of its id and of numbers. Other
// times are milliseconds after the first one.
type (
	Holds   []Hold
	Members []Member
)

// rows is such a text while it is written.
type rows struct {
	text []byte
	base Time
}

func newRows(n int, base Time) *rows {
	const each = 64
	r := &rows{make([]byte, 0, each*(n+1)), base.floor(time.Millisecond)}
	r.text = strconv.AppendInt(r.text, int64(r.base)/int64(time.Millisecond), 10)
	return r
}

func (r *rows) begin(id string) { r.text = append(append(r.text, '\n'), id...) }
func (r *rows) number(n int64)  { r.text = strconv.AppendInt(append(r.text, ' '), n, 10) }
func (r *rows) time(t Time)     { r.number(int64(t.Sub(r.base) / time.Millisecond)) }

// row is what was read of one worker.
type row struct {
	id      string
	numbers []int64
	base    Time
}

// time is the time that a number stands for.
func (r row) time(i int) Time { return r.base.Add(time.Duration(r.numbers[i]) * time.Millisecond) }

// readRows reads a text, row by row. what names it in errors.
func readRows(what string, text []byte, each func(row) error) error {
	first, text, _ := bytes.Cut(text, []byte("\n"))
	ms, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil {
		return fmt.Errorf("ledger: %s: the first line is %.50q, and no time in milliseconds", what, first)
	}
	r := row{base: Time(ms) * Time(time.Millisecond)}
	for len(text) > 0 {
		var line, one []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		one, rest, _ := bytes.Cut(line, []byte(" "))
		r.id, r.numbers = string(one), r.numbers[:0]
		for len(rest) > 0 {
			one, rest, _ = bytes.Cut(rest, []byte(" "))
			n, err := strconv.ParseInt(string(one), 10, 64)
			if err != nil {
				return fmt.Errorf("ledger: %s: %.50q stands in the row of %.50q, where a number should", what, one, r.id)
			}
			r.numbers = append(r.numbers, n)
		}
		if err := each(r); err != nil {
			return fmt.Errorf("ledger: %s: the row of %.50q: %w", what, r.id, err)
		}
	}
	return nil
}

// MarshalText writes, of each worker, until when it holds places, and of each kind how many
// it has and would want, and since when.
func (all Holds) MarshalText() ([]byte, error) {
	var base Time
	if len(all) > 0 {
		base = all[0].Until
	}
	r := newRows(len(all), base)
	for _, h := range all {
		r.begin(h.ID)
		r.time(h.Until)
		for _, s := range h.Of {
			r.number(int64(s.Has))
			r.number(int64(s.Want))
			r.time(s.Since)
		}
	}
	return r.text, nil
}

// UnmarshalText reads what MarshalText has written.
func (all *Holds) UnmarshalText(text []byte) error {
	*all = make(Holds, 0, bytes.Count(text, []byte("\n")))
	return readRows("holds", text, func(r row) error {
		if len(r.numbers)%3 != 1 {
			return fmt.Errorf("%d numbers are not one, and three for each kind of places", len(r.numbers))
		}
		h := Hold{ID: r.id, Until: r.time(0), Of: make([]Stake, 0, len(r.numbers)/3)}
		for i := 1; i < len(r.numbers); i += 3 {
			s := Stake{Has: int(r.numbers[i]), Want: int(r.numbers[i+1]), Since: r.time(i + 2)}
			if s.Has < 0 || s.Want < 0 {
				return fmt.Errorf("it has %d places and wants %d, which is less than none", s.Has, s.Want)
			}
			h.Of = append(h.Of, s)
		}
		*all = append(*all, h)
		return nil
	})
}

// MarshalText writes, of each worker, the class of its requests, how many starts it wants in
// an epoch, what a request costs, the number of the epoch, how many it took of that and of the
// next, and until when it has a part.
func (all Members) MarshalText() ([]byte, error) {
	var base Time
	if len(all) > 0 {
		base = all[0].Until
	}
	r := newRows(len(all), base)
	for _, m := range all {
		r.begin(m.ID)
		for _, n := range [...]int64{int64(m.Class), m.Want, int64(m.Unit), m.Epoch, m.Took[0], m.Took[1]} {
			r.number(n)
		}
		r.time(m.Until)
	}
	return r.text, nil
}

// UnmarshalText reads what MarshalText has written.
func (all *Members) UnmarshalText(text []byte) error {
	*all = make(Members, 0, bytes.Count(text, []byte("\n")))
	return readRows("members", text, func(r row) error {
		n := r.numbers
		if len(n) != 7 {
			return fmt.Errorf("%d numbers are not 7", len(n))
		}
		*all = append(*all, Member{
			ID: r.id, Class: Class(n[0]), Want: n[1], Unit: Amount(n[2]), Epoch: n[3], Took: [2]int64{n[4], n[5]}, Until: r.time(6),
		})
		return nil
	})
}
