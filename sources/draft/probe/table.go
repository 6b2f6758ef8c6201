package probe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// columns are what the values of rows that are arrays are called.
type columns struct {
	path  string // where the answer says so; "": it does not, and the names are made up
	names []string
	short bool // some rows have fewer values
}

// tables returns the arrays of arrays that may be records: those whose columns the answer
// names, and those that have the name of records. A polygon is an array of arrays, too.
func tables(body []byte, word string) (all []list) {
	for _, path := range hint.Tables(body) {
		l := list{path: path, form: table, items: itemsAt(body, path)}
		l.judge(word)
		l.columns = columnsOf(body, l.items)
		l.reason = fmt.Sprintf("a list of %s, each an array", hint.Counted(int64(len(l.items)), "row"))
		switch {
		case l.columns == nil:
			continue
		case l.columns.path != "":
			l.score += 3
		case l.score < 2-strings.Count(path, "."):
			continue
		}
		all = append(all, l)
	}
	return all
}

func itemsAt(body []byte, path string) []gjson.Result {
	root := gjson.ParseBytes(body)
	if path != "@this" {
		root = root.Get(path)
	}
	return root.Array()
}

// columnsOf names the values of rows. It is nil for rows without values.
func columnsOf(body []byte, rows []gjson.Result) *columns {
	widest, c := 0, new(columns)
	for _, row := range rows {
		n := len(row.Array())
		c.short = c.short || widest > 0 && n != widest
		widest = max(widest, n)
	}
	if widest == 0 {
		return nil
	}
	if c.path, c.names = hint.Columns(body, widest); c.path != "" {
		return c
	}
	for i := range widest {
		c.names = append(c.names, "column_"+strconv.Itoa(i+1))
	}
	return c
}

// record is a row as a record: an object with the names of the columns.
func (c *columns) record(row gjson.Result) string {
	object := []byte("{")
	for i, v := range row.Array() {
		if i == len(c.names) {
			break
		}
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(appendJSON(object, c.names[i]), ':'), v.Raw...)
	}
	return string(append(object, '}'))
}

// writeColumns says what the values of rows are called.
func (l *look) writeColumns() {
	c := l.list.columns
	entry := draft.Entry{Key: "columns", Value: c.path, Note: "rows have as many values as it has names"}
	if c.path == "" {
		var all []any
		for _, name := range c.names {
			all = append(all, name)
		}
		entry.Value, entry.Note = all, "made up: the answer does not name the values of rows"
		l.found.Guesses = append(l.found.Guesses, "columns: the answer does not name the values of its rows; the names are made up, and a first row that names them is taken for a record")
	}
	l.found.Records = append(l.found.Records, entry)
	if c.short {
		l.found.Records = append(l.found.Records, draft.Entry{Key: "short_rows", Value: "null", Note: "some rows have fewer values"})
	}
}

// keyLists are keys under which answers say which fields tell records apart.
var keyLists = names("primarykeys primarykey keyfields keycolumns")

// keyNamed is what tells records apart where the answer says so.
type keyNamed struct {
	path   string
	fields []string
}

func (k *keyNamed) value() (all []any) {
	for _, name := range k.fields {
		all = append(all, name)
	}
	return all
}

// namedKey returns the fields that an answer says tell its records apart, if they do.
func namedKey(body []byte, records []string) (key *keyNamed) {
	gjson.ParseBytes(body).ForEach(func(name, v gjson.Result) bool {
		if !keyLists[plainName(name.Str)] || !v.IsArray() || len(v.Array()) == 0 || len(records) == 0 {
			return true
		}
		key = &keyNamed{path: gjson.Escape(name.Str)}
		for _, field := range v.Array() {
			key.fields = append(key.fields, field.String())
		}
		if key.differs(records) {
			return false
		}
		key = nil
		return true
	})
	return key
}

// differs reports whether all records have the fields, and no two have the same values there.
func (k *keyNamed) differs(records []string) bool {
	seen := map[string]bool{}
	for _, record := range records {
		var values []string
		for _, field := range k.fields {
			v := gjson.Get(record, gjson.Escape(field))
			if v.Type != gjson.Number && v.Type != gjson.String {
				return false
			}
			values = append(values, v.Raw)
		}
		text := strings.Join(values, ",")
		if seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}
