package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
)

// journalListCmd lists passes.
type journalListCmd struct {
	journalFlags
}

// Run prints a table of passes for each journal, below its folder.
func (c *journalListCmd) Run(rt *runtime) error {
	js, err := c.find(rt)
	if err != nil {
		return err
	}
	return js.print(rt, listPasses)
}

func listPasses(w io.Writer, folder string, j *journal.Journal) error {
	inOrder, byID := passesOf(j)
	aside := &passLine{} // of passes that were dropped
	err := j.Each(func(e *journal.Exchange) error {
		p := byID[e.Pass]
		if p == nil {
			p = aside
		}
		p.exchanges++
		p.bytes += int64(len(e.Body)) + e.LeftOut
		if e.At.After(p.last) {
			p.last = e.At
		}
		return nil
	})
	if err != nil {
		return err
	}
	now := time.Now()
	rows := [][]string{{"stream", "begun", "as of", "pass", "exchanges", "bytes", "age"}}
	for _, p := range inOrder {
		rows = append(rows, p.row(now))
	}
	if aside.exchanges > 0 {
		row := aside.row(now)
		copy(row, []string{"-", "-", "-", "set aside"})
		rows = append(rows, row)
	}
	if _, err := fmt.Fprintf(w, "%s: %d bytes\n", folder, j.Size()); err != nil {
		return err
	}
	return tap.WriteTable(w, 4, rows)
}

func (p *passLine) row(now time.Time) []string {
	state := "unfinished"
	if p.Finished {
		state = "finished"
	}
	return []string{
		p.Stream, p.Begun.UTC().Format(time.RFC3339), p.AsOf.UTC().Format(time.RFC3339), state,
		strconv.FormatInt(p.exchanges, 10), strconv.FormatInt(p.bytes, 10), ago(p.last, now),
	}
}

// journalShowCmd shows exchanges.
type journalShowCmd struct {
	journalFlags
	Stream string `placeholder:"NAME" help:"Those of one stream."`
}

// Run prints a line for each exchange, in the order in which the answers came.
func (c *journalShowCmd) Run(rt *runtime) error {
	js, err := c.find(rt)
	if err != nil {
		return err
	}
	return js.print(rt, func(w io.Writer, folder string, j *journal.Journal) error {
		if !js.one {
			if _, err := fmt.Fprintf(w, "%s\n", folder); err != nil {
				return err
			}
		}
		return showExchanges(w, j, c.Stream)
	})
}

// showExchanges knows the width of every column beforehand: a journal is larger
// than what should be collected.
func showExchanges(w io.Writer, j *journal.Journal, stream string) error {
	inOrder, byID := passesOf(j)
	width := len("stream")
	for _, p := range inOrder {
		width = max(width, len(p.Stream))
	}
	_, err := fmt.Fprintf(w, "%-24s  %-*s  %6s  %8s  %7s  %7s  %s\n", "time", width, "stream", "status", "bytes", "records", "took", "request")
	if err != nil {
		return err
	}
	return j.Each(func(e *journal.Exchange) error {
		p := byID[e.Pass]
		if p == nil || stream != "" && stream != p.Stream {
			return nil
		}
		_, err := fmt.Fprintf(w, "%-24s  %-*s  %6d  %8d  %7d  %7s  %s\n", e.At.UTC().Format("2006-01-02T15:04:05.000Z"), width, p.Stream,
			e.Status, int64(len(e.Body))+e.LeftOut, e.Records, took(e.Took), e.Request)
		return err
	})
}

// took is a duration as a table has it.
func took(d time.Duration) string {
	if d < time.Second {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
