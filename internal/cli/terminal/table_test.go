package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A table in which all columns may be shortened fits any terminal wide enough for their minimum widths.
func TestTableFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := &Table{}
		least := 0
		for i := range rapid.IntRange(1, 6).Draw(t, "columns") {
			c := Column{Title: fmt.Sprintf("C%d", i), Least: rapid.IntRange(2, 12).Draw(t, "least"), Drop: rapid.IntRange(0, 3).Draw(t, "drop"), Right: rapid.Bool().Draw(t, "right")}
			table.Columns = append(table.Columns, c)
			least += c.Least + gap
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := make([]string, len(table.Columns))
			for i := range row {
				row[i] = rapid.StringMatching(`[a-zä日🙂\x{301} \x1b\n]{0,40}`).Draw(t, "cell")
			}
			table.Add(row...)
		}
		width := rapid.IntRange(max(20, least), 200).Draw(t, "width")
		var out bytes.Buffer
		if err := table.Write(&Output{Out: &out, Err: &out, Terminal: true, Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := cellsIn(strings.TrimRight(line, "\n")); n > width && !strings.HasPrefix(line, "(") {
				t.Fatalf("%d cells on %d: %q", n, width, line)
			}
			if strings.Contains(line, "\x1b") {
				t.Fatalf("an escape sequence of somebody else's: %q", line)
			}
		}
	})
}
