package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// planCmd says what a run would read.
type planCmd struct {
	inputFlags
	JSON bool `name:"json" help:"An object on each line, instead of a table."`
}

// Run prints the plan. It makes no call.
func (c *planCmd) Run(rt *runtime) error {
	o, err := c.options(rt)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(rt.stdout)
		out.SetEscapeHTML(false)
		return tap.Plan(o, func(p tap.Planned) error { return out.Encode(p) })
	}
	rows := [][]string{{"stream", "partition", "context", "from", "to", "way", "pages", "calls"}}
	if err := tap.Plan(o, func(p tap.Planned) error {
		rows = append(rows, planRow(p))
		return nil
	}); err != nil {
		return err
	}
	return report.WriteTable(rt.stdout, 6, rows)
}

func planRow(p tap.Planned) []string {
	name, way, calls := p.Stream, p.Way, ">="+strconv.FormatInt(p.Calls, 10)
	if p.Feed {
		name += " (for its children)"
	}
	if p.Partition == "" {
		way, calls = "of each record of "+strings.Join(p.Parents, ", "), "?"
	}
	return []string{name, p.Partition, string(p.Context), unquoted(p.Start), unquoted(p.End), way, strconv.FormatInt(p.Pages, 10), calls}
}

// unquoted is a value without the quotes of JSON.
func unquoted(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }
