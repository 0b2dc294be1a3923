package cli

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
				output := func() (*output, *bytes.Buffer) {
					var b bytes.Buffer
					return &output{out: &b, err: &bytes.Buffer{}, json: how == "json", terminal: how == "terminal", width: 80}, &b
				}
				columns := []column{{title: "NAME"}, {title: "N", right: true}}
				whole, want := output()
				all := &table{columns: columns, empty: "none"}
				documents := []any{}
				piecewise, got := output()
				list := piecewise.stream("users", &table{columns: columns, empty: "none"})
				for i := range items {
					name := strings.Repeat("x", 5) + fmt.Sprint(i)
					all.add(name, fmt.Sprint(i))
					documents = append(documents, map[string]any{"name": name, "html": "<b>", "n": i})
					list.add(map[string]any{"name": name, "html": "<b>", "n": i}, name, fmt.Sprint(i))
					if i%3 == 2 {
						if err := list.flush(); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := list.end(); err != nil {
					t.Fatal(err)
				}
				if err := whole.print(map[string]any{"users": documents}, all); err != nil {
					t.Fatal(err)
				}
				if got.String() != want.String() {
					t.Errorf("in pieces:\n%s\nat once:\n%s", got, want)
				}
			})
		}
	}
}
