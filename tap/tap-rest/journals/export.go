package journals

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// ExportCmd writes exchanges for other programs.
type ExportCmd struct {
	journalFlags
	HAR    string `name:"har" required:"" placeholder:"FILE" help:"The file, an HTTP Archive: open it in the network tab of a browser."`
	Stream string `placeholder:"NAME" help:"Those of one stream."`
}

// Run writes the file.
func (c *ExportCmd) Run(rt *program.Runtime) error {
	js, err := c.find(rt)
	if err == nil {
		err = js.knows(c.Stream)
	}
	if err != nil {
		return err
	}
	if len(js.folders) == 0 {
		js.sayNone(rt)
		return nil
	}
	if err := workdir.Replaceable(c.HAR, report.HARBegin); err != nil {
		return &tap.InputError{Err: fmt.Errorf("--har: %s is not replaced: %w", c.HAR, err)}
	}
	// Answers hold what the warehouse will hold: they are for the user alone.
	f, err := os.OpenFile(c.HAR, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return &tap.InputError{Err: fmt.Errorf("--har: %w", err)}
	}
	n, err := c.write(rt, f, js)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", c.HAR, err)
	}
	rt.Console.Say("%s: %s", c.HAR, report.Numbered(int64(n), "%s exchange[|s]"))
	return nil
}

// write writes the archive, and returns how many exchanges are in it.
func (c *ExportCmd) write(rt *program.Runtime, f io.Writer, js *journals) (n int, err error) {
	w := bufio.NewWriter(f)
	h, err := report.NewHAR(w, rt.Version)
	if err != nil {
		return 0, err
	}
	err = js.each(rt, func(_ string, j *journal.Journal) error {
		_, byID := passesOf(j)
		for _, f := range j.Failures.All() {
			if c.Stream != "" && c.Stream != f.Stream {
				continue
			}
			n++
			if err := h.AddFailed(f); err != nil {
				return err
			}
		}
		return j.Each(func(e *journal.Exchange) error {
			p := byID[e.Pass]
			if p == nil || c.Stream != "" && c.Stream != p.Stream {
				return nil
			}
			n++
			return h.Add(e, p.Stream)
		})
	})
	if err != nil {
		return n, err
	}
	return n, errors.Join(h.Close(), w.Flush())
}
