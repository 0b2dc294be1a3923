package conninfo

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The documentation has a line for every parameter of the table.
func TestParametersAreDocumented(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(b), "## Parameters of a URL")
	page, _, _ = strings.Cut(page, "\n## ")
	for _, k := range slices.Sorted(maps.Keys(parameters)) {
		if !strings.Contains(page, "`"+k+"`") {
			t.Errorf("docs/database.md says nothing of %s", k)
		}
	}
}

// What one program is given must mean to it what the driver was given.
func TestServerSettingsBecomeOptions(t *testing.T) {
	t.Parallel()
	c, err := Parse(`postgresql://u@h/d?options=-c%20geqo%3Doff&search_path=a,%20b&app.name=back%5Cslash`)
	if err != nil {
		t.Fatal(err)
	}
	program := &Info{values: map[string]string{}}
	program.readDSN(c.PublicDSN())
	if got, want := program.Get("options"), `-c geqo=off -c app.name=back\\slash -c search_path=a,\ b`; got != want {
		t.Errorf("options = %s, want %s", got, want)
	}
	if got := program.Get("port"); got != "5432" {
		t.Errorf("port = %q, want what the driver takes", got)
	}
	config, err := c.Config()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.RuntimeParams["search_path"]; got != "a, b" {
		t.Errorf("the driver's search_path = %q", got)
	}
}
