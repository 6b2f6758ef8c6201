package main

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// sourcesCmd shows the definitions that come with the program.
type sourcesCmd struct {
	Name string `arg:"" optional:"" help:"Print this one's text."`
}

// Run prints a list of the definitions, or the text of one.
func (c *sourcesCmd) Run(rt *program.Runtime) error {
	if c.Name != "" {
		text, found := config.BuiltInText(c.Name)
		if !found {
			return &tap.InputError{Err: fmt.Errorf("no definition %q is built in; there are: %s", c.Name, strings.Join(config.BuiltIn(), ", "))}
		}
		_, err := rt.Stdout.Write(text)
		return err
	}
	rows := [][]string{{"name", "streams", "what it reads"}}
	for _, name := range config.BuiltIn() {
		d, err := config.Load(name)
		if err != nil {
			return err
		}
		rows = append(rows, []string{name, fmt.Sprint(len(d.Names())), d.Description})
	}
	return report.WriteTable(rt.Stdout, 1, rows)
}
