package cli

import (
	"bufio"
	"fmt"
	"strings"
	"unicode/utf8"
)

// column is one column of a table. The zero values of the last three keep it whole at any width.
type column struct {
	title string
	right bool // numbers
	least int  // may be cut down to this many characters where the terminal is narrow; 0 is never
	drop  int  // may be left out on a terminal that is narrower still, the highest number first; 0 is never
	wrap  bool // the last one alone: goes on in the next line where it does not fit
	blank bool // left out on a terminal where every cell is empty
	paint func(cell string) string
}

// table is what a command prints unless JSON is wanted.
type table struct {
	title   string // above it on a terminal
	columns []column
	rows    [][]string
	empty   string // said on stderr instead of a table without rows

	continued bool  // the heading has been printed
	widths    []int // of the rows before, where continued
}

// add appends a row; its cells are cleaned of what could disturb a terminal.
func (t *table) add(cells ...string) {
	row := make([]string, len(t.columns))
	for i, c := range cells {
		row[i] = clean(c)
	}
	t.rows = append(t.rows, row)
}

func (t *table) write(o *output) error {
	if len(t.rows) == 0 && t.empty != "" {
		o.say("%s", t.empty)
		if o.terminal {
			return nil
		}
	}
	w := bufio.NewWriter(o.out)
	if o.terminal {
		t.aligned(w, o)
	} else {
		t.tabbed(w)
	}
	return w.Flush()
}

// tabbed is for programs: a heading, then one row a line, every column whole.
func (t *table) tabbed(w *bufio.Writer) {
	for i, c := range t.columns {
		if t.continued {
			break
		}
		if i > 0 {
			w.WriteByte('\t')
		}
		w.WriteString(c.title)
	}
	if !t.continued {
		w.WriteByte('\n')
	}
	for _, row := range t.rows {
		w.WriteString(strings.Join(row, "\t"))
		w.WriteByte('\n')
	}
}

const gap = 2

// aligned is for people.
func (t *table) aligned(w *bufio.Writer, o *output) {
	widths, hidden := t.widths, 0
	if !t.continued {
		widths, hidden = t.layout(o.width)
		t.widths = widths
		t.heading(w, o, widths)
	}
	for _, row := range t.wrapped(o.width, widths) {
		t.line(w, row, widths, func(i int, s string) string {
			if how := t.columns[i].paint; how != nil {
				return paint(o.color, how(row[i]), s)
			}
			return s
		})
	}
	if hidden > 0 {
		fmt.Fprintln(w, paint(o.color, paintDim, fmt.Sprintf("(%d more in a wider terminal, a pipe or with --json: %s)", hidden, t.hiddenNames(widths))))
	}
}

func (t *table) heading(w *bufio.Writer, o *output, widths []int) {
	if t.title != "" {
		w.WriteString(paint(o.color, paintBold, t.title) + "\n")
	}
	head := make([]string, len(t.columns))
	for i, c := range t.columns {
		head[i] = c.title
	}
	t.line(w, head, widths, func(_ int, s string) string { return paint(o.color, paintDim, s) })
}

// wrapped spreads the cells of a last column that wraps over rows of their own.
func (t *table) wrapped(width int, widths []int) [][]string {
	last := len(t.columns) - 1
	if !t.columns[last].wrap || total(widths) <= width {
		return t.rows
	}
	room := max(20, width-(total(widths)-widths[last]))
	widths[last] = room
	var rows [][]string
	for _, row := range t.rows {
		for i, part := range breakText(row[last], room) {
			if i > 0 {
				row = make([]string, len(t.columns))
			} else {
				row = append([]string{}, row...)
			}
			row[last] = part
			rows = append(rows, row)
		}
	}
	return rows
}

// breakText breaks a text at its spaces into lines of at most n characters; a longer word is broken too.
func breakText(s string, n int) []string {
	var lines []string
	r := []rune(s)
	for len(r) > n {
		at := n
		for i := n; i > n/2; i-- {
			if r[i] == ' ' {
				at = i
				break
			}
		}
		lines = append(lines, strings.TrimRight(string(r[:at]), " "))
		r = []rune(strings.TrimLeft(string(r[at:]), " "))
	}
	return append(lines, string(r))
}

func (t *table) line(w *bufio.Writer, cells []string, widths []int, paint func(int, string) string) {
	last := 0
	for i := range t.columns {
		if widths[i] >= 0 {
			last = i
		}
	}
	first := true
	for i, c := range t.columns {
		if widths[i] < 0 {
			continue
		}
		if !first {
			w.WriteString(strings.Repeat(" ", gap))
		}
		first = false
		text := cut(cells[i], widths[i])
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
		switch {
		case c.right:
			w.WriteString(pad + paint(i, text))
		case i == last:
			w.WriteString(paint(i, text))
		default:
			w.WriteString(paint(i, text) + pad)
		}
	}
	w.WriteByte('\n')
}

// layout fits the columns into the width: it cuts the longest of those that may be cut, then leaves
// columns out. A column left out has the width -1.
func (t *table) layout(width int) (widths []int, hidden int) {
	widths = make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for i, c := range t.columns {
		if c.blank && t.allEmpty(i) {
			widths[i] = -1
		}
	}
	for {
		over := total(widths) - width
		if over <= 0 {
			return widths, hidden
		}
		if i := t.longest(widths); i >= 0 {
			widths[i] -= min(over, widths[i]-t.columns[i].least)
			continue
		}
		drop := -1
		for i, c := range t.columns {
			if widths[i] >= 0 && c.drop > 0 && (drop < 0 || c.drop > t.columns[drop].drop) {
				drop = i
			}
		}
		if drop < 0 {
			return widths, hidden // nothing more to give: the terminal wraps
		}
		widths = t.without(widths, drop)
		hidden++
	}
}

// without leaves a column out and gives the others back what they were cut for it.
func (t *table) without(widths []int, drop int) []int {
	for i := range widths {
		if widths[i] < 0 || i == drop {
			widths[i] = -1
			continue
		}
		widths[i] = utf8.RuneCountInString(t.columns[i].title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	return widths
}

// longest is the widest column that may still be cut, or -1.
func (t *table) longest(widths []int) int {
	found := -1
	for i, c := range t.columns {
		if c.least > 0 && widths[i] > c.least && (found < 0 || widths[i] > widths[found]) {
			found = i
		}
	}
	return found
}

func (t *table) allEmpty(column int) bool {
	for _, row := range t.rows {
		if row[column] != "" {
			return false
		}
	}
	return true
}

func (t *table) hiddenNames(widths []int) string {
	var names []string
	for i, c := range t.columns {
		if widths[i] < 0 && !(c.blank && t.allEmpty(i)) {
			names = append(names, strings.ToLower(c.title))
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

// cut shortens a text to n characters, the last of them an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n <= 1 {
		return "…"
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}
