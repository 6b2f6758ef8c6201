package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/tap/certificate"
)

// LastRunName is the name of the file beside a journal that has what the last run came
// to: FORMAT.md has its members.
const LastRunName = "last-run.json"

// lastRunVersion is the version of that file.
const lastRunVersion = 1

// LastRun is what a run came to, as it is kept for the page that people look at.
type LastRun struct {
	Version    int         `json:"version"`
	Program    string      `json:"tap_rest"`
	Definition string      `json:"definition"`
	Started    time.Time   `json:"started"`
	Seconds    float64     `json:"seconds"`
	Stopped    string      `json:"stopped"` // why the run ended early, "" if it did not
	Flushes    int64       `json:"flushes"`
	Streams    []StreamRun `json:"streams"`
}

// StreamRun is what a run came to for one stream.
type StreamRun struct {
	Stream  string `json:"stream"`
	Status  string `json:"status"`
	Feed    bool   `json:"feed,omitempty"` // it is read for the sake of its children alone
	Written int64  `json:"records"`
	Pages   int64  `json:"pages"`
	Paid
	Failure     string             `json:"failure,omitempty"`
	Remarks     []string           `json:"remarks"`
	Certificate certificate.Record `json:"certificate"`
	Schema      SchemaChanges      `json:"schema"`
	Quarantine  PutAside           `json:"quarantine"`
}

// Paid is what the calls of a stream came to.
type Paid struct {
	Requests int64   `json:"requests"`
	Retries  int64   `json:"retries"`
	Waited   float64 `json:"waited_seconds"`
	Wire     int64   `json:"bytes"`
	Cost     float64 `json:"cost"`
	Saved    Saved   `json:"saved"`
}

// Saved is what the journal saved of a stream's calls, by what they came to when they
// were made.
type Saved struct {
	Calls   int64   `json:"calls"`
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
	Cost    float64 `json:"cost"`
}

// PutAside are the records of a stream that the run put into its file.
type PutAside struct {
	File    string   `json:"file,omitempty"`
	Records int64    `json:"records"`
	First   []Misfit `json:"first,omitempty"`
}

// Misfit is a record that does not fit its schema.
type Misfit struct {
	Pointer string `json:"pointer"` // JSON pointer of what breaks the rule
	Rule    string `json:"rule"`    // keyword of JSON Schema
	Want    string `json:"want"`    // by the rule
	Record  string `json:"record"`  // how it begins
}

// LastRun is what the run came to. hide takes secrets out of texts, and hideIn out of those
// of errors.
func (a *Account) LastRun(program, definition string, hide, hideIn func(string) string) *LastRun {
	l := &LastRun{
		Version: lastRunVersion, Program: program, Definition: definition, Started: a.Started.UTC().Truncate(time.Millisecond),
		Seconds: inSeconds(a.Took), Stopped: hide(a.Stopped), Flushes: a.Flushes, Streams: []StreamRun{},
	}
	for _, s := range a.Streams {
		l.Streams = append(l.Streams, s.lastRun(hide, hideIn))
	}
	return l
}

func (s *Stream) lastRun(hide, hideIn func(string) string) StreamRun {
	cost, saved := s.Cost()
	r := StreamRun{
		Stream: s.Name, Status: s.Status(), Feed: s.Feed, Written: s.Written, Pages: s.Pages, Remarks: []string{}, Certificate: s.Record(hide),
		Paid: Paid{
			Requests: s.Requests(), Retries: s.Retries(), Waited: inSeconds(s.Waited()), Wire: s.Wire(), Cost: cost.Float(),
			Saved: Saved{s.Recalled(), inSeconds(time.Duration(s.Counters.Saved.Time.Load())), s.Counters.Saved.Wire.Load(), saved.Float()},
		},
	}
	if s.Failures.Why != nil {
		r.Failure = hideIn(s.Failures.Why.Error())
	}
	for _, text := range s.Remarks() {
		r.Remarks = append(r.Remarks, hide(text))
	}
	if n := s.Counts[Quarantined]; n > 0 {
		r.Quarantine = PutAside{File: s.Quarantine, Records: n}
	}
	return r
}

func inSeconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// mostQuarantined is how many records of a stream are named, and shownRecord how much of
// each, in bytes.
const (
	mostQuarantined = 50
	shownRecord     = 400
)

// Take takes the first records from the lines of a quarantine file. hide takes secrets out
// of texts.
func (q *PutAside) Take(lines io.Reader, hide func(string) string) error {
	d := json.NewDecoder(lines)
	for len(q.First) < mostQuarantined {
		var line struct {
			Pointer, Rule, Want string
			Record              json.RawMessage
		}
		if err := d.Decode(&line); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
		q.First = append(q.First, Misfit{hide(line.Pointer), line.Rule, hide(line.Want), begins(hide(string(line.Record)), shownRecord)})
	}
	return nil
}

// begins is how a text begins, in whole characters.
func begins(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// ReadLastRun reads the file; nil: there is none. Its error names the file.
func ReadLastRun(name string) (*LastRun, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var l LastRun
	if err == nil {
		err = json.Unmarshal(bytes.TrimSpace(text), &l)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("what the last run came to cannot be read from %s: %w (the next run writes the file anew)", name, err)
	case l.Version != lastRunVersion:
		return nil, fmt.Errorf("what the last run came to cannot be read from %s: it has version %d, and this program reads version %d: use the program that wrote it", name, l.Version, lastRunVersion)
	}
	return &l, nil
}
