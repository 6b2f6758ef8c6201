package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"
)

// mostCell is how much of a value a table of records shows, in columns of a terminal.
const mostCell = 32

// mostColumns is how many fields a table of records shows that nobody asked for by name.
const mostColumns = 100

// Records prints the first of some records as a table, so many at most: under the names of the
// columns, or, where there are none, of the first fields that any of the records has.
func Records(to io.Writer, columns []string, all []json.RawMessage, most int) error {
	names, records := columns, all[:min(len(all), most)]
	if columns == nil {
		names = FieldNames(all)
	}
	if columns != nil || len(names) <= mostColumns || len(records) == 0 {
		return printTable(to, names, records)
	}
	if err := printTable(to, names[:mostColumns], records); err != nil {
		return err
	}
	_, err := fmt.Fprintln(to, Numbered(int64(len(names)-mostColumns), "%s more field[ is|s are] not shown: tap-rest preview --columns shows those that it names."))
	return err
}

// FieldNames are the names of all fields of records, in the order in which they first appear.
func FieldNames(records []json.RawMessage) []string {
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
	return names
}

// Field returns a field of a record by its name, else by its path.
func Field(record json.RawMessage, name string) gjson.Result {
	if own := gjson.GetBytes(record, gjson.Escape(name)); own.Exists() {
		return own
	}
	return gjson.GetBytes(record, name)
}

// printTable prints records under the names of their fields. What a terminal would obey
// becomes spaces.
func printTable(to io.Writer, names []string, records []json.RawMessage) error {
	if len(records) == 0 {
		_, err := fmt.Fprintln(to, "no records")
		return err
	}
	t := NewTable(to, len(names), len(records)+2)
	if err := t.Row(names...); err != nil {
		return err
	}
	for _, r := range records {
		own := map[string]gjson.Result{}
		gjson.ParseBytes(r).ForEach(func(key, v gjson.Result) bool {
			if _, twice := own[key.Str]; !twice {
				own[key.Str] = v
			}
			return true
		})
		texts := make([]string, len(names))
		for i, name := range names {
			v, ok := own[name]
			if !ok {
				v = Field(r, name)
			}
			texts[i] = textOf(v)
		}
		if err := t.Row(cellsOf(texts)...); err != nil {
			return err
		}
	}
	return t.Flush()
}

// textOf is a value as the API wrote it: of a number all digits, too.
func textOf(v gjson.Result) string {
	if v.Type == gjson.Number {
		return v.Raw
	}
	return v.String()
}

// cellsOf are texts as they fit into a table.
func cellsOf(texts []string) []string {
	cells := make([]string, len(texts))
	for i, text := range texts {
		cells[i] = Clip(strings.Join(strings.Fields(Plain(text)), " "), mostCell)
	}
	return cells
}
