package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Table writes rows with their columns aligned. Its first rows are held until
// there are so many that the width of the columns is known; those that follow are
// written as they come, and make a column wider where they must. Of a cell, what a
// terminal would obey becomes spaces.
type Table struct {
	to     io.Writer
	left   int
	ahead  int // rows that are held, at most
	held   [][]string
	widths []int
}

// NewTable returns a table that holds so many rows: the first so many of its
// columns and the last stand to the left, the others to the right.
func NewTable(to io.Writer, left, ahead int) *Table { return &Table{to: to, left: left, ahead: ahead} }

// Row adds a row.
func (t *Table) Row(cells ...string) error {
	if t.widths == nil {
		t.widths = make([]int, len(cells))
	}
	cells = slices.Clone(cells)
	for i, cell := range cells {
		cells[i] = Plain(cell)
		t.widths[i] = max(t.widths[i], Width(cells[i]))
	}
	if t.held = append(t.held, cells); len(t.held) < t.ahead {
		return nil
	}
	t.ahead = 0
	return t.Flush()
}

// Flush writes the rows that are held.
func (t *Table) Flush() error {
	for _, row := range t.held {
		var line strings.Builder
		for i, cell := range row {
			before, behind := strings.Repeat(" ", t.widths[i]-Width(cell)), ""
			if i < t.left || i == len(row)-1 {
				before, behind = behind, before
			}
			line.WriteString(before + cell + behind + "  ")
		}
		if _, err := fmt.Fprintln(t.to, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	t.held = t.held[:0]
	return nil
}

// WriteTable writes rows with their columns aligned: the first so many and the
// last to the left, the others to the right.
func WriteTable(w io.Writer, left int, rows [][]string) error {
	t := NewTable(w, left, len(rows)+1)
	for _, row := range rows {
		if err := t.Row(row...); err != nil {
			return err
		}
	}
	return t.Flush()
}
