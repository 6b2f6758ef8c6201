package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// lintCmd checks definitions.
type lintCmd struct {
	Files []string `arg:"" name:"file" help:"Definitions; - is one on stdin."`
}

// Run prints all problems of all files, and a line for each that has none.
func (c *lintCmd) Run(rt *runtime) error {
	var (
		problems document.Problems
		unread   []error
	)
	for _, file := range c.Files {
		d, err := loadToLint(file)
		var own document.Problems
		switch {
		case errors.As(err, &own):
			problems = append(problems, own...)
			continue
		case err != nil:
			unread = append(unread, err)
			continue
		}
		warnings := append(d.Warnings, tap.SchemaWarnings(d)...)
		for _, warning := range warnings {
			rt.console.Log().Warn(warning.Error())
		}
		for _, note := range leftToAnswers(d) {
			rt.console.Log().Info(note.Error())
		}
		found := "no problem"
		if len(warnings) > 0 {
			found = report.Numbered(int64(len(warnings)), "%s warning[|s]")
		}
		if _, err := fmt.Fprintf(rt.stdout, "%s: %s, %s\n", file, report.Numbered(int64(len(d.Names())), "%s stream[|s]"), found); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		unread = append([]error{problems}, unread...)
	}
	if err := errors.Join(unread...); err != nil {
		return &tap.InputError{Err: err}
	}
	return nil
}

func loadToLint(file string) (*sources.Definition, error) {
	if file != "-" {
		return config.Load(file)
	}
	data, err := io.ReadAll(io.LimitReader(os.Stdin, largestInput))
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return config.Parse("-", data)
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
