package journals

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/report/page"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// ReportCmd makes a page to look at.
type ReportCmd struct {
	journalFlags
	Stream string `placeholder:"NAME" help:"About one stream alone."`
	Output string `short:"o" placeholder:"FILE" default:"report.html" help:"The file, - for stdout; by default report.html."`
}

// Help says what is in the page.
func (ReportCmd) Help() string {
	return `One HTML file, which loads nothing from anywhere: open it in a browser. It shows what
the last run came to (each stream's certificate, what the journal saved, new fields,
quarantined records) and the calls that the journal holds, at most the latest 100,000,
with their waits, attempts, headers and the beginnings of the answers.

It holds what the API sent, without secrets: it is readable for you alone.`
}

// pageMemory is what a page of as many calls as there may be takes, in bytes: with the
// bound of a run, the collector would do nothing else.
const pageMemory = 320 << 20

// Run writes the page.
func (c *ReportCmd) Run(rt *program.Runtime) error {
	js, err := c.find(rt)
	if err != nil {
		return err
	}
	if len(js.known) == 0 {
		js.sayNone(rt)
		return nil
	}
	if c.Output != "-" {
		if err := workdir.Writable(c.Output); err != nil {
			return &tap.InputError{Err: fmt.Errorf("--output: write %s: %w", c.Output, err)}
		}
		if err := workdir.Replaceable(c.Output, "<!DOCTYPE html", "<!doctype html"); err != nil {
			return &tap.InputError{Err: fmt.Errorf("--output: %s is not replaced: %w", c.Output, err)}
		}
	}
	program.BoundMemory(pageMemory)
	p := page.New(rt.Version, c.Stream, time.Now())
	for _, folder := range js.known {
		if err := c.add(rt, p, folder); err != nil {
			return err
		}
	}
	streams, calls := p.Size()
	if c.Stream != "" && streams == 0 {
		return js.knows(c.Stream)
	}
	if c.Output == "-" {
		return p.Write(rt.Stdout)
	}
	var text bytes.Buffer
	if err := errors.Join(p.Write(&text), workdir.Write(c.Output, text.Bytes())); err != nil {
		return fmt.Errorf("write %s: %w", c.Output, err)
	}
	rt.Console.Say("%s: %s, %s", c.Output, report.Numbered(int64(streams), "%s stream[|s]"), report.Numbered(int64(calls), "%s call[|s]"))
	return nil
}

// add adds what a folder holds.
func (c *ReportCmd) add(rt *program.Runtime, p *page.Page, folder string) error {
	last, err := report.ReadLastRun(filepath.Join(folder, report.LastRunName))
	if err != nil { // the calls are worth looking at without it
		rt.Console.Log().Warn(err.Error())
	}
	j, err := open(rt, folder)
	if err != nil {
		return err
	}
	inOrder, byID := passesOf(j)
	s := page.Source{Folder: folder, Last: last}
	for _, one := range inOrder {
		s.Passes = append(s.Passes, page.Pass{Pass: one.Pass, Feed: tap.ReadForChildren(one.Pass), Certificate: tap.CertificateOf(one.Pass)})
	}
	p.Begin(s)
	for _, f := range j.Failures.All() {
		p.AddFailed(f)
	}
	err = j.Each(func(e *journal.Exchange) error {
		if one := byID[e.Pass]; one != nil {
			p.Add(e, one.Stream)
		}
		return nil
	})
	return errors.Join(err, j.Close())
}
