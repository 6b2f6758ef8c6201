package lint

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Severity says what a finding means for the definition.
type Severity string

const (
	Error   Severity = "error"   // it cannot be used
	Warning Severity = "warning" // it can be used, and hardly as it is meant
	Note    Severity = "note"    // it is as it should be, and something is left to answers
)

// Finding is one thing that is to be said of a definition.
type Finding struct {
	document.Problem
	Severity Severity
}

// Report is what was found in one file.
type Report struct {
	File     string
	Streams  int // 0 where it cannot be used
	Findings []Finding
	Unread   error // why the file could not be read; nil: it was
}

// Check returns what is to be said of a definition. Load reads it.
func Check(file string, load func(file string) (*sources.Definition, error)) Report {
	r := Report{File: file}
	d, err := load(file)
	var problems document.Problems
	switch {
	case errors.As(err, &problems):
		r.add(Error, problems)
	case err != nil:
		r.Unread = err
	default:
		r.Streams = len(d.Names())
		r.add(Warning, append(slices.Clone(d.Warnings), d.SchemaWarnings()...))
		r.add(Note, leftToAnswers(d))
	}
	return r
}

func (r *Report) add(s Severity, problems document.Problems) {
	for _, p := range problems {
		r.Findings = append(r.Findings, Finding{p, s})
	}
}

// Of returns the findings of a severity.
func (r *Report) Of(s Severity) (list document.Problems) {
	for _, f := range r.Findings {
		if f.Severity == s {
			list = append(list, f.Problem)
		}
	}
	return list
}

// all returns what programs are told: a file that could not be read is a finding, too.
func all(reports []Report) (list []Finding) {
	for _, r := range reports {
		list = append(list, r.Findings...)
		if r.Unread != nil {
			list = append(list, Finding{document.Problem{File: r.File, Line: 1, Column: 1, Msg: r.Unread.Error()}, Error})
		}
	}
	return list
}

// leftToAnswers says what only answers decide.
func leftToAnswers(d *sources.Definition) (all document.Problems) {
	for i, s := range d.Streams {
		if s.Text.Decode.Format == sources.FormatAuto {
			all = append(all, document.Problem{
				File: d.File, Line: s.Loaded.Line, Column: 1, Place: fmt.Sprintf("streams[%d] (%s).decode", i, s.Name),
				Msg: "auto is decided by each answer, and lint asks for none: preview and the log of a run say what it takes them for",
			})
		}
	}
	return all
}
