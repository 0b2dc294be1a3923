package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A list that comes in pieces is printed as one that comes at once.
func TestStream(t *testing.T) {
	t.Parallel()
	for _, items := range []int{0, 1, 2, 7} {
		for _, how := range []string{"json", "tabs", "terminal"} {
			t.Run(fmt.Sprintf("%d/%s", items, how), func(t *testing.T) {
				output := func() (*Output, *bytes.Buffer) {
					var b bytes.Buffer
					return &Output{Out: &b, Err: &bytes.Buffer{}, JSON: how == "json", Terminal: how == "terminal", Width: 80}, &b
				}
				columns := []Column{{Title: "NAME"}, {Title: "N", Right: true}}
				whole, want := output()
				all := &Table{Columns: columns, Empty: "none"}
				documents := []any{}
				piecewise, got := output()
				list := piecewise.Stream("users", &Table{Columns: columns, Empty: "none"})
				for i := range items {
					name := strings.Repeat("x", 5) + fmt.Sprint(i)
					all.Add(name, fmt.Sprint(i))
					documents = append(documents, map[string]any{"name": name, "html": "<b>", "n": i})
					list.Add(map[string]any{"name": name, "html": "<b>", "n": i}, name, fmt.Sprint(i))
					if i%3 == 2 {
						if err := list.Flush(); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := list.End(); err != nil {
					t.Fatal(err)
				}
				if err := whole.Print(map[string]any{"users": documents}, all); err != nil {
					t.Fatal(err)
				}
				if got.String() != want.String() {
					t.Errorf("in pieces:\n%s\nat once:\n%s", got, want)
				}
			})
		}
	}
}
