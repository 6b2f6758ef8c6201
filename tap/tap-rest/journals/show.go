package journals

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// ListCmd lists passes.
type ListCmd struct {
	journalFlags
}

// Run prints a table of passes for each journal, below its folder.
func (c *ListCmd) Run(rt *program.Runtime) error {
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
		copy(row, []string{"-", "-", "-", "dropped"})
		rows = append(rows, row)
	}
	if _, err := fmt.Fprintf(w, "%s: %d bytes\n", folder, j.Size()); err != nil {
		return err
	}
	return report.WriteTable(w, 4, rows)
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

// ShowCmd shows exchanges.
type ShowCmd struct {
	journalFlags
	Stream    string `placeholder:"NAME" help:"Those of one stream."`
	Partition string `placeholder:"KEY" help:"Those of one partition: its key, as tap-rest plan has it, or how that begins."`
	Failed    bool   `help:"The last request of each stream that failed for good, and why, instead of those that were answered."`
	Body      bool   `help:"With headers and body of each answer."`
}

// Run prints a line for each exchange, in the order in which the answers came.
func (c *ShowCmd) Run(rt *program.Runtime) error {
	js, err := c.find(rt)
	if err == nil {
		err = js.knows(c.Stream)
	}
	if err == nil && c.Partition != "" {
		err = c.knowsPartition(js)
	}
	if err != nil {
		return err
	}
	return js.print(rt, func(w io.Writer, folder string, j *journal.Journal) error {
		if !js.one {
			if _, err := fmt.Fprintf(w, "%s\n", folder); err != nil {
				return err
			}
		}
		return c.show(w, j)
	})
}

// mostPartitions is how many partitions are named where none is the one that was asked
// for.
const mostPartitions = 10

// knowsPartition is the error of a partition of which none of the journals has anything.
func (c *ShowCmd) knowsPartition(js *journals) error {
	there := map[string]string{} // the streams of partitions
	found := false
	for _, folder := range js.folders {
		j, err := journal.OpenReadOnly(folder)
		if err != nil {
			return err
		}
		take := func(stream string, e *journal.Exchange) {
			found = found || c.wants(stream, e)
			if (c.Stream == "" || c.Stream == stream) && e.Partition != "" {
				there[e.Partition] = stream
			}
		}
		if c.Failed {
			for _, f := range j.Failures.All() {
				take(f.Stream, &f.Exchange)
			}
		} else {
			_, byID := passesOf(j)
			err = j.Each(func(e *journal.Exchange) error {
				if p := byID[e.Pass]; p != nil {
					take(p.Stream, e)
				}
				return nil
			})
		}
		if err = errors.Join(err, j.Close()); err != nil {
			return err
		}
	}
	if found || len(js.folders) == 0 {
		return nil
	}
	return &tap.InputError{Err: fmt.Errorf("--partition: the journal has nothing of a partition whose key begins with %q; it has %s", c.Partition, namedPartitions(there))}
}

// namedPartitions names the first of some partitions, with their streams.
func namedPartitions(there map[string]string) string {
	if len(there) == 0 {
		return "no partition"
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(there)) {
		all = append(all, fmt.Sprintf("%s (%s)", key, there[key]))
	}
	more := ""
	if n := len(all) - mostPartitions; n > 0 {
		all, more = all[:mostPartitions], fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(all, ", ") + more
}

func (c *ShowCmd) show(w io.Writer, j *journal.Journal) error {
	failures := j.Failures.All()
	inOrder, byID := passesOf(j)
	rows := exchangeRows{w, len("stream"), c.Body}
	for _, p := range inOrder {
		rows.width = max(rows.width, len(p.Stream))
	}
	for _, f := range failures {
		rows.width = max(rows.width, len(f.Stream))
	}
	if err := rows.head(); err != nil {
		return err
	}
	if c.Failed {
		return c.showFailed(rows, failures)
	}
	err := j.Each(func(e *journal.Exchange) error {
		if p := byID[e.Pass]; p != nil && c.wants(p.Stream, e) {
			return rows.add(e, p.Stream, "")
		}
		return nil
	})
	for _, p := range inOrder {
		if err == nil && (c.Stream == "" || c.Stream == p.Stream) {
			err = rows.certify(p)
		}
	}
	return err
}

// wants reports whether an exchange of a stream is one of those that were asked
// for.
func (c *ShowCmd) wants(stream string, e *journal.Exchange) bool {
	return (c.Stream == "" || c.Stream == stream) && strings.HasPrefix(e.Partition, c.Partition)
}

func (c *ShowCmd) showFailed(rows exchangeRows, failures []*journal.Failure) error {
	for _, f := range failures {
		if !c.wants(f.Stream, &f.Exchange) {
			continue
		}
		if err := rows.add(&f.Exchange, f.Stream, f.Why); err != nil {
			return err
		}
	}
	return nil
}

// exchangeRows is a table that knows the width of every column beforehand: a
// journal is larger than what should be collected.
type exchangeRows struct {
	w      io.Writer
	width  int  // of the streams
	answer bool // with headers and bodies
}

func (r exchangeRows) head() error {
	_, err := fmt.Fprintf(r.w, "%-24s  %-*s  %6s  %8s  %7s  %7s  %s\n", "time", r.width, "stream", "status", "bytes", "records", "took", "request")
	return err
}

// add prints an exchange, and why it failed.
func (r exchangeRows) add(e *journal.Exchange, stream, why string) error {
	if why != "" {
		why = ": " + why
	}
	_, err := fmt.Fprintf(r.w, "%-24s  %-*s  %6d  %8d  %7d  %7s  %s%s\n", e.At.UTC().Format("2006-01-02T15:04:05.000Z"), r.width, stream,
		e.Status, int64(len(e.Body))+e.LeftOut, e.Records, took(e.Took), e.Request, why)
	if err == nil && r.answer {
		err = report.WriteAnswer(r.w, e)
	}
	return err
}

// certify prints what was proven of a pass.
func (r exchangeRows) certify(p *passLine) error {
	c := tap.CertificateOf(p.Pass)
	if c == nil {
		return nil
	}
	_, err := fmt.Fprintf(r.w, "%s as of %s: %s\n", p.Stream, p.AsOf.UTC().Format(time.RFC3339), report.CertificateText(c))
	for _, doubt := range c.Doubts {
		if err == nil {
			_, err = fmt.Fprintf(r.w, "  in doubt: %s\n", doubt)
		}
	}
	for _, sign := range c.Signs {
		if err == nil {
			_, err = fmt.Fprintf(r.w, "  %s\n", sign)
		}
	}
	return err
}

// took is a duration as a table has it.
func took(d time.Duration) string {
	if d < time.Second {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
