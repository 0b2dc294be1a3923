package terminal

import (
	"bufio"
	"fmt"
	"strings"
)

// Column is one column of a table. With Least and Drop zero it is never shortened or left out.
type Column struct {
	Title string
	Right bool                     // align right, for numbers
	Least int                      // on a narrow terminal, may be shortened to this many cells; 0 is never
	Drop  int                      // may be left out on an even narrower terminal, the highest number first; 0 is never
	Wrap  bool                     // only for the last column: a long cell continues in the next line
	Blank bool                     // left out on a terminal where every cell is empty
	Paint func(cell string) string // the colour of a cell, "" for none
}

// Table is what a command prints unless JSON is wanted.
type Table struct {
	Title   string // above it on a terminal
	Columns []Column
	Rows    [][]string
	Empty   string // printed on stderr instead of a table without rows

	continued bool  // the heading has been printed
	widths    []int // of the earlier rows, if continued
}

// Add appends a row; its cells are made safe for a terminal.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.Columns))
	for i, c := range cells {
		row[i] = Clean(c)
	}
	t.Rows = append(t.Rows, row)
}

// Write prints the rows: aligned on a terminal, otherwise separated by tabs.
func (t *Table) Write(o *Output) error {
	if len(t.Rows) == 0 && t.Empty != "" {
		o.Say("%s", t.Empty)
		if o.Terminal {
			return nil
		}
	}
	w := bufio.NewWriter(o.Out)
	if o.Terminal {
		t.aligned(w, o)
	} else {
		t.tabbed(w)
	}
	return w.Flush()
}

// tabbed prints for programs: a heading, then one row per line with every column in full.
func (t *Table) tabbed(w *bufio.Writer) {
	for i, c := range t.Columns {
		if t.continued {
			break
		}
		if i > 0 {
			w.WriteByte('\t')
		}
		w.WriteString(c.Title)
	}
	if !t.continued {
		w.WriteByte('\n')
	}
	for _, row := range t.Rows {
		w.WriteString(strings.Join(row, "\t"))
		w.WriteByte('\n')
	}
}

const gap = 2

// aligned prints for people.
func (t *Table) aligned(w *bufio.Writer, o *Output) {
	widths, hidden := t.widths, 0
	if !t.continued {
		widths, hidden = t.layout(o.Width)
		t.widths = widths
		t.heading(w, o, widths)
	}
	for _, row := range t.wrapped(o.Width, widths) {
		t.line(w, row, widths, func(i int, s string) string {
			if how := t.Columns[i].Paint; how != nil {
				return Paint(o.Color, how(row[i]), s)
			}
			return s
		})
	}
	if hidden > 0 {
		fmt.Fprintln(w, Paint(o.Color, PaintDim, fmt.Sprintf("(%d more in a wider terminal, a pipe or with --json: %s)", hidden, t.hiddenNames(widths))))
	}
}

func (t *Table) heading(w *bufio.Writer, o *Output, widths []int) {
	if t.Title != "" {
		w.WriteString(Paint(o.Color, PaintBold, t.Title) + "\n")
	}
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c.Title
	}
	t.line(w, head, widths, func(_ int, s string) string { return Paint(o.Color, PaintDim, s) })
}

// wrapped returns the rows with the cells of a wrapping last column continued in extra rows.
func (t *Table) wrapped(width int, widths []int) [][]string {
	last := len(t.Columns) - 1
	if !t.Columns[last].Wrap || total(widths) <= width {
		return t.Rows
	}
	room := max(20, width-(total(widths)-widths[last]))
	widths[last] = room
	var rows [][]string
	for _, row := range t.Rows {
		for i, part := range breakText(row[last], room) {
			if i > 0 {
				row = make([]string, len(t.Columns))
			} else {
				row = append([]string{}, row...)
			}
			row[last] = part
			rows = append(rows, row)
		}
	}
	return rows
}

func (t *Table) line(w *bufio.Writer, cells []string, widths []int, paint func(int, string) string) {
	last := 0
	for i := range t.Columns {
		if widths[i] >= 0 {
			last = i
		}
	}
	first := true
	for i, c := range t.Columns {
		if widths[i] < 0 {
			continue
		}
		if !first {
			w.WriteString(strings.Repeat(" ", gap))
		}
		first = false
		text := shorten(cells[i], widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-cellsIn(text)))
		switch {
		case c.Right:
			w.WriteString(pad + paint(i, text))
		case i == last:
			w.WriteString(paint(i, text))
		default:
			w.WriteString(paint(i, text) + pad)
		}
	}
	w.WriteByte('\n')
}

// layout fits the columns into the width: it shortens the longest of those that may be shortened, then leaves
// columns out. A column that is left out has the width -1.
func (t *Table) layout(width int) (widths []int, hidden int) {
	widths = make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = cellsIn(c.Title)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], cellsIn(row[i]))
		}
	}
	for i, c := range t.Columns {
		if c.Blank && t.allEmpty(i) {
			widths[i] = -1
		}
	}
	for {
		over := total(widths) - width
		if over <= 0 {
			return widths, hidden
		}
		if i := t.longest(widths); i >= 0 {
			widths[i] -= min(over, widths[i]-t.Columns[i].Least)
			continue
		}
		drop := -1
		for i, c := range t.Columns {
			if widths[i] >= 0 && c.Drop > 0 && (drop < 0 || c.Drop > t.Columns[drop].Drop) {
				drop = i
			}
		}
		if drop < 0 {
			return widths, hidden // nothing more can be shortened: the terminal wraps
		}
		widths = t.without(widths, drop)
		hidden++
	}
}

// without leaves a column out and restores the others to the widths that they had before they were shortened
// for it.
func (t *Table) without(widths []int, drop int) []int {
	for i := range widths {
		if widths[i] < 0 || i == drop {
			widths[i] = -1
			continue
		}
		widths[i] = cellsIn(t.Columns[i].Title)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], cellsIn(row[i]))
		}
	}
	return widths
}

// longest returns the index of the widest column that may still be shortened, or -1.
func (t *Table) longest(widths []int) int {
	found := -1
	for i, c := range t.Columns {
		if c.Least > 0 && widths[i] > c.Least && (found < 0 || widths[i] > widths[found]) {
			found = i
		}
	}
	return found
}

func (t *Table) allEmpty(column int) bool {
	for _, row := range t.Rows {
		if row[column] != "" {
			return false
		}
	}
	return true
}

func (t *Table) hiddenNames(widths []int) string {
	var names []string
	for i, c := range t.Columns {
		if widths[i] < 0 && !(c.Blank && t.allEmpty(i)) {
			names = append(names, strings.ToLower(c.Title))
		}
	}
	return strings.Join(names, ", ")
}

func total(widths []int) int {
	n := -gap
	for _, w := range widths {
		if w >= 0 {
			n += w + gap
		}
	}
	return n
}
