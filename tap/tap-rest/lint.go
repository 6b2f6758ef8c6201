package main

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/lint"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// lintCmd checks definitions.
type lintCmd struct {
	Files  []string `arg:"" name:"file" help:"Definitions; - is one on stdin."`
	Format string   `enum:"text,json,sarif" default:"text" help:"How problems are printed: text on stderr; json, one object, or sarif (2.1.0) on stdout."`
}

// Help stands in the command's help.
func (c *lintCmd) Help() string {
	return `The exit code is 2 where a definition has an error, else 0, warnings or not.

With --format=json stdout is {"errors": N, "warnings": N, "findings": [...]}. A finding
has file, line and column (from 1, in characters), severity (error, warning or note),
rule, place (the keys that lead there), message, and suggestion: what to write instead,
where that is known. --format=sarif is what code scanning takes, as that of GitHub.`
}

// Run prints all problems of all files, and a line for each that has none.
func (c *lintCmd) Run(rt *program.Runtime) error {
	var reports []lint.Report
	for _, file := range c.Files {
		reports = append(reports, lint.Check(file, loadToLint))
	}
	switch c.Format {
	case "json":
		return lintForPrograms(rt, reports, lint.JSON(reports))
	case "sarif":
		return lintForPrograms(rt, reports, lint.SARIF(reports, rt.Version))
	}
	for _, r := range reports {
		if err := printLint(rt, r); err != nil {
			return err
		}
	}
	return lintError(reports)
}

// printLint prints what is to be said of a definition that can be used.
func printLint(rt *program.Runtime, r lint.Report) error {
	if r.Unread != nil || len(r.Of(lint.Error)) > 0 {
		return nil
	}
	warnings := r.Of(lint.Warning)
	for _, warning := range warnings {
		rt.Console.Log().Warn(warning.Error())
	}
	for _, note := range r.Of(lint.Note) {
		rt.Console.Log().Info(note.Error())
	}
	found := "no problem"
	if len(warnings) > 0 {
		found = report.Numbered(int64(len(warnings)), "%s warning[|s]")
	}
	_, err := fmt.Fprintf(rt.Stdout, "%s: %s, %s\n", r.File, report.Numbered(int64(r.Streams), "%s stream[|s]"), found)
	return err
}

// lintError returns what keeps definitions from being used.
func lintError(reports []lint.Report) error {
	var (
		problems document.Problems
		unread   []error
	)
	for _, r := range reports {
		problems = append(problems, r.Of(lint.Error)...)
		if r.Unread != nil {
			unread = append(unread, r.Unread)
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

// lintForPrograms prints findings on stdout; stderr has no more than their number.
func lintForPrograms(rt *program.Runtime, reports []lint.Report, text []byte) error {
	if _, err := rt.Stdout.Write(text); err != nil {
		return err
	}
	if lintError(reports) == nil {
		return nil
	}
	var wrong int64
	for _, r := range reports {
		if r.Unread != nil || len(r.Of(lint.Error)) > 0 {
			wrong++
		}
	}
	return &tap.InputError{Err: errors.New(report.Numbered(wrong, "%s definition[|s] cannot be used: stdout says why"))}
}

func loadToLint(file string) (*sources.Definition, error) {
	if file != "-" {
		return config.Load(file)
	}
	data, err := inputs.ReadStdin()
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return config.Parse("-", data)
}
