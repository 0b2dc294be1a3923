package cruddur_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/security.md names every test of a published fault, and each test that it names exists.
func TestSecurityPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, p := range listPackages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cruddur"), "/")
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		name := folder
		if folder == "" {
			name = "cruddur"
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllStringSubmatch(string(b), -1) {
				has[name+"."+m[1]] = true
			}
		}
	}
	named, classes := map[string]bool{}, 0
	for line := range strings.Lines(string(page)) {
		tests := regexp.MustCompile("`([\\w/]+\\.(Test\\w+))`").FindAllStringSubmatch(line, -1)
		if !strings.HasPrefix(line, "|") || len(tests) == 0 {
			continue
		}
		classes++
		class := strings.TrimSpace(strings.Split(line, "|")[1])
		for _, m := range tests {
			if named[m[1]] = true; !has[m[1]] {
				t.Errorf("docs/security.md names %s, which does not exist", m[1])
			}
			if m[2] != "TestAdvisory"+class {
				t.Errorf("docs/security.md: the class %s has the test %s", class, m[2])
			}
		}
	}
	if classes < 30 {
		t.Errorf("docs/security.md has %d classes with tests", classes)
	}
	for name := range has {
		if strings.Contains(name, ".TestAdvisory") && !named[name] {
			t.Errorf("docs/security.md does not name %s", name)
		}
	}
}
