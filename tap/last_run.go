package tap

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// lastRun is the file beside the journal that says what the run came to, and what is
// to be known for it of the time before its first request; nil: nothing is kept.
type lastRun struct {
	name    string
	schemas map[*pass][]byte
	aside   map[*pass]int64 // length of the quarantine file
}

// newLastRun looks at what a run changes. Without a journal nothing is kept beside it, and
// a replay changes nothing.
func (k keeper) newLastRun() *lastRun {
	if k.journal == nil || k.journal.ReadOnly {
		return nil
	}
	l := &lastRun{name: filepath.Join(k.journal.Dir, report.LastRunName), schemas: map[*pass][]byte{}, aside: map[*pass]int64{}}
	for _, p := range k.passes {
		l.schemas[p] = p.schema.Doc()
		if info, err := os.Stat(k.work.Quarantine(p.stream.Name)); err == nil {
			l.aside[p] = info.Size()
		}
	}
	return l
}

// keepLastRun writes what the run came to. That it cannot be written is no failure of the
// run: nothing but tap-rest report reads it.
func (k keeper) keepLastRun(l *lastRun, account *report.Account) {
	if l == nil {
		return
	}
	kept := account.LastRun(k.Version, k.Definition.Name, k.Config.Hider.Line, k.Config.Hider.Message)
	for _, p := range k.passes {
		for i, s := range account.Streams {
			if s != p.track.account {
				continue
			}
			one := &kept.Streams[i]
			one.Schema = report.CompareSchemas(l.schemas[p], p.schema.Doc())
			for i := range one.Schema.First { // names of fields are strangers' text
				one.Schema.First[i].Pointer = k.Config.Hider.Redact(one.Schema.First[i].Pointer)
			}
			if err := l.putAside(p, one, k.Config.Hider.Redact); err != nil {
				k.Log.Warn("the quarantined records of this run could not be read back: tap-rest report does not show them", "stream", p.stream.Name, "why", err.Error())
			}
		}
	}
	text, err := json.Marshal(kept)
	if err == nil {
		_ = workdir.Sweep(l.name) // what a killed run left is small, and the next one tries again
		err = workdir.Replace(l.name, append(text, '\n'))
	}
	if err != nil && k.journal.Failure() == nil {
		k.Log.Warn("what the run came to could not be kept: tap-rest report does not show it", "file", l.name, "why", err.Error())
	}
}

// mostReadBack is how much of a quarantine file is read back.
const mostReadBack = 1 << 20

// putAside takes the records that the run put aside from the end of their file.
func (l *lastRun) putAside(p *pass, to *report.StreamRun, hide func(string) string) error {
	if to.Quarantine.Records == 0 {
		return nil
	}
	f, err := os.Open(to.Quarantine.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return to.Quarantine.Take(io.NewSectionReader(f, l.aside[p], mostReadBack), hide)
}
