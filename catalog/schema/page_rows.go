package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// pageMadeMax bounds what rows are made into: long names in a body, over many
// short rows, would make much of little.
const pageMadeMax = 2 * MaxRecord

// pageColumns are the names under which rows become records.
type pageColumns struct {
	wanted bool
	names  [][]byte // as JSON strings
	step   pageStep // where they lie in the body, if they are not fixed
}

func (c *pageColumns) compile(names []string, path string) error {
	c.wanted = len(names) > 0 || path != ""
	for _, name := range names {
		c.names = append(c.names, raw.Quote(name))
	}
	if twice := pageTwice(c.names); twice != nil {
		return fmt.Errorf("records: columns: %s comes twice", twice)
	}
	if path == "" {
		return nil
	}
	step, err := pageStepOf(path)
	if err != nil {
		return fmt.Errorf("records: columns: path %q: %w", path, err)
	}
	if step.pipes == nil && step.keys != nil {
		step.pipes = []string{path}
	}
	c.step = step
	return nil
}

// pageTwice returns a name that stands in names twice, or nil.
func pageTwice(names [][]byte) []byte {
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, slices.Compare)
	for i := 1; i < len(sorted); i++ {
		if string(sorted[i]) == string(sorted[i-1]) {
			return sorted[i]
		}
	}
	return nil
}

// nameRows makes records of the rows that the page holds. The names are read
// only now: they may stand behind the rows.
func (s *PageScanner) nameRows() {
	if len(s.page.Records) == 0 || s.where.ColumnsPath != "" && !s.readNames() {
		return
	}
	for i := range s.page.Records {
		if !s.nameRow(i) {
			return
		}
	}
}

// readNames reads the columns' names from the body.
func (s *PageScanner) readNames() bool {
	body := s.page.Body[s.begin:]
	found, err := s.columns.step.follow(body)
	switch {
	case err != nil:
		return s.badNames(scan.NotJSON, "expected JSON in the string, found "+err.Error())
	case !found.Exists():
		return s.badNames(scan.Missing, "expected the columns, found nothing")
	case !found.IsArray():
		return s.badNames(scan.NotArray, "expected an array of the columns, found "+pageTypeOf(found.Raw[0]))
	}
	if n, ok := s.columns.read(found); !ok {
		return s.badNames(scan.NotObject, fmt.Sprintf("column %d has no name", n))
	}
	if twice := pageTwice(s.columns.names); twice != nil {
		return s.badNames(scan.NotObject, fmt.Sprintf("the column %.40s comes twice", twice))
	}
	return true
}

// read takes the names from an array of strings or of objects with "name". It
// returns how many it took, and whether that is all.
func (c *pageColumns) read(array gjson.Result) (int, bool) {
	c.names = c.names[:0]
	all := true
	array.ForEach(func(_, name gjson.Result) bool {
		if name.IsObject() {
			name = name.Get("name")
		}
		if all = name.Type == gjson.String; all {
			c.names = append(c.names, []byte(name.Raw))
		}
		return all
	})
	return len(c.names), all
}

func (s *PageScanner) badNames(kind scan.BodyErrorKind, msg string) bool {
	s.fault = &scan.BodyError{Kind: kind, Path: s.where.ColumnsPath, Msg: fmt.Sprintf("columns at %q: %s", s.where.ColumnsPath, msg)}
	return false
}

// nameRow makes a record of the i-th row. The row is proven already.
func (s *PageScanner) nameRow(i int) bool {
	at := s.page.Records[i].Record
	row := s.page.bytes(at)
	begin := len(s.page.made)
	values := s.appendRow(row)
	switch {
	case values != len(s.columns.names):
		return s.badRow(scan.NotObject, i, at, fmt.Sprintf("expected %d values, found %d", len(s.columns.names), values))
	case len(s.page.made)-s.kept > maxMade && s.spill == nil && !s.windowed:
		s.many = true
		return false
	case len(s.page.made)-begin > MaxRecord, len(s.page.made) > pageMadeMax, s.spill != nil && s.spill.made > maxMadeOfMany:
		return s.badRow(scan.RecordTooLarge, i, at, "too large under the names of its columns; ask for smaller pages")
	}
	size := len(s.page.Body)
	s.page.Records[i].Record = scan.Span{Start: size + begin, End: size + len(s.page.made)}
	return true
}

// appendRow appends the object that a row makes to what is made, and returns
// how many values the row has.
func (s *PageScanner) appendRow(row []byte) int {
	p, names, made := &s.proof, s.columns.names, s.page.made
	p.Text, p.Depth = row, 0
	i, more := 0, true
	if row[0] == '[' {
		i, more = p.Enter(0, ']')
	}
	n, mark := 0, byte('{')
	for ; more; n++ {
		end := p.Value(i)
		if n < len(names) {
			made = append(append(append(made, mark), names[n]...), ':')
			made = append(made, row[i:end]...)
			mark = ','
		}
		if p.Depth == 0 { // a bare value
			n++
			break
		}
		i, more = p.Next(end, ']')
	}
	for ; s.where.ShortRows && n < len(names); n++ {
		made = append(append(append(made, mark), names[n]...), ":null"...)
		mark = ','
	}
	if n == 0 {
		made = append(made, '{')
	}
	s.page.made = append(made, '}')
	return n
}

// badRow notes what is wrong with the i-th row of the page.
func (s *PageScanner) badRow(kind scan.BodyErrorKind, i int, at scan.Span, msg string) bool {
	path := strings.Join(s.where.Steps, ".#.")
	if len(s.where.Steps) == 1 {
		path = s.path(pageWhere{}) + "." + strconv.Itoa(s.before+i)
	}
	offset := s.proof.At(at.Start)
	if at.Start >= len(s.page.Body) {
		offset = 0
	}
	s.fault = &scan.BodyError{Kind: kind, Offset: offset, Path: path,
		Msg: fmt.Sprintf("row %d at %q: %s", s.before+i, path, msg) + scan.Excerpt(s.page.bytes(at), 0)}
	return false
}
