package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap"
)

const (
	// previewRecords is how many records a preview shows at most.
	previewRecords = 20
	// previewCell is how much of a value it shows, in characters.
	previewCell = 32
)

// previewCmd shows the first records of a stream.
type previewCmd struct {
	File   string   `arg:"" help:"The definition."`
	Stream string   `arg:"" help:"One of its streams."`
	Config []string `placeholder:"FILE" sep:"none" help:"Settings, as of a sync."`
}

// Run fetches the stream's first page and prints its records as a table.
func (c *previewCmd) Run(rt *runtime) error {
	o, err := rt.options()
	if err != nil {
		return err
	}
	input, err := (&inputFlags{choiceFlags: choiceFlags{Config: c.Config}}).read()
	if err == nil {
		o.Definition, err = config.Load(c.File)
	}
	if err == nil {
		err = configure(rt, input, &o)
	}
	if err != nil {
		return &tap.InputError{Err: err}
	}
	look, err := tap.Preview(rt.stop, o, c.Stream, previewRecords)
	if err == nil || len(look.Records) > 0 {
		if failed := printTable(rt.stdout, look.Records); failed != nil {
			return failed
		}
	}
	if failed := printRequests(rt.stdout, look); failed != nil {
		return failed
	}
	if err != nil {
		return printed(rt, err)
	}
	return nil
}

// printRequests prints which requests were made, and what ended the walk or would
// have.
func printRequests(f *os.File, look tap.Look) error {
	if len(look.Requests) == 0 {
		return nil
	}
	var b strings.Builder
	for _, r := range look.Requests {
		again := ""
		if r.Attempts > 1 {
			again = fmt.Sprintf(", at attempt %d", r.Attempts)
		}
		fmt.Fprintf(&b, "\n%s: %s: answered %d with %d records%s", r.Stream, r.Request, r.Status, r.Records, again)
		if r.Took != "" {
			fmt.Fprintf(&b, "\n  decode: %s", r.Took)
		}
	}
	if look.End != "" {
		fmt.Fprintf(&b, "\n%s", look.End)
	}
	_, err := fmt.Fprintln(f, b.String())
	return err
}

// printTable prints records under the names of their fields, in the order in
// which these first appear.
func printTable(f *os.File, records []json.RawMessage) error {
	if len(records) == 0 {
		_, err := fmt.Fprintln(f, "no records")
		return err
	}
	var names []string
	seen := map[string]bool{}
	for _, r := range records {
		gjson.ParseBytes(r).ForEach(func(key, _ gjson.Result) bool {
			if !seen[key.Str] {
				names, seen[key.Str] = append(names, key.Str), true
			}
			return true
		})
	}
	w := tabwriter.NewWriter(f, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(names, "\t"))
	for _, r := range records {
		fields := gjson.ParseBytes(r).Map()
		cells := make([]string, len(names))
		for i, name := range names {
			cells[i] = cell(fields[name])
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

func cell(v gjson.Result) string {
	text := strings.Join(strings.Fields(v.String()), " ")
	if utf8.RuneCountInString(text) > previewCell {
		text = string([]rune(text)[:previewCell-1]) + "…"
	}
	return text
}
