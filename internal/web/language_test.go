package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/lang"
)

// spokenFields are the fields whose English text a template translates.
var spokenFields = []string{"Title", "Description", "Label", "Hint", "Submit", "Lead", "Placeholder", "Heading", "Text", "Before", "Empty", "Reading"}

// spokenTypes are the types without field names whose texts a template translates, with the places of the texts.
var spokenTypes = map[string][]int{"deed": {0, 1}, "tab": {0}, "link": {0, 1}, "choice": {1}, "sentence": {0}, "figure": {0}}

// catalogueKeys returns every English text that the pages show.
func catalogueKeys(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	add := func(key string) { keys[key] = true }
	err := fs.WalkDir(templateFiles, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := templateFiles.ReadFile(path)
		if err != nil {
			return err
		}
		list, err := lang.TemplateKeys(string(source))
		for _, key := range list {
			add(key)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	source, err := readStatic(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range scriptKeys(source) {
		add(key)
	}
	for _, folder := range []string{".", "../mail"} {
		files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				goKeys(t, name, add)
			}
		}
	}
	for _, p := range cruddur.Presets {
		add(p.Label)
	}
	for _, text := range notices {
		add(text)
	}
	for _, text := range signUpSentences {
		add(text)
	}
	for _, text := range reasonLabels {
		add(text)
	}
	for _, text := range actTexts {
		add(text)
	}
	for _, text := range roleLabels {
		add(text)
	}
	for _, key := range []string{"{n}d", "{n}h", "{n}m", "{n}s", "{n}d ago", "{n}h ago", "{n}m ago", "now", "expired"} { // internal/lang
		add(key)
	}
	delete(keys, "")
	return keys
}

// goKeys finds the texts of a Go file: arguments of Text and Count, and what stands in the fields that a template
// translates.
func goKeys(t *testing.T, name string, add func(string)) {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.BasicLit:
			if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
				add(s)
			}
		case *ast.Ident:
			if e.Name == "tooLong" {
				add(tooLong)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			spokenCall(n, text)
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && slices.Contains(spokenFields, key.Name) {
				text(n.Value)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if f, ok := to.(*ast.SelectorExpr); ok && len(n.Rhs) == len(n.Lhs) && slices.Contains(spokenFields, f.Sel.Name) {
					text(n.Rhs[i])
				}
			}
		case *ast.CompositeLit:
			spokenList(n, text)
		}
		return true
	})
}

// spokenCall finds the text of a call of Text, Count, and the functions that take one for them.
func spokenCall(n *ast.CallExpr, text func(ast.Expr)) {
	var name string
	switch f := n.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	place, ok := map[string]int{"Text": 0, "Count": 0, "Counted": 0, "counted": 1, "boldCount": 1, "passwordField": 1, "newPasswordField": 1, "getText": 1, "showShunned": 4, "did": 1}[name]
	if ok && len(n.Args) > place {
		text(n.Args[place])
	}
}

// spokenList finds the texts of literals without field names: tab{"All", …} and []tab{{"All", …}}.
func spokenList(n *ast.CompositeLit, text func(ast.Expr)) {
	of := func(e ast.Expr) []int {
		id, _ := e.(*ast.Ident)
		if id == nil {
			return nil
		}
		return spokenTypes[id.Name]
	}
	take := func(list []ast.Expr, places []int) {
		for _, place := range places {
			if place < len(list) {
				text(list[place])
			}
		}
	}
	take(n.Elts, of(n.Type))
	var inner ast.Expr
	switch list := n.Type.(type) {
	case *ast.ArrayType:
		inner = list.Elt
	case *ast.MapType:
		inner = list.Value
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil {
			take(c.Elts, of(inner))
		}
	}
}

// TestCatalogue: every text that the pages show is in the file of every language, with the plurals that it needs, and
// no file has a text that nothing shows.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	set, err := lang.Load(lang.Files())
	if err != nil {
		t.Fatal(err)
	}
	keys := catalogueKeys(t)
	if len(keys) < 400 {
		t.Errorf("only %d texts were found", len(keys))
	}
	for _, l := range set.All() {
		for key := range keys {
			counts := strings.Contains(key, "{n}") && !strings.Contains(key, "{place}")
			if !l.Has(key) && (l != set.English() || counts && strings.Contains(key, "{n} ")) {
				t.Errorf("%s.json: %q is missing", l.Tag, key)
			} else if counts && l.Lacks(key) != nil {
				t.Errorf("%s.json: %q lacks the plurals %v", l.Tag, key, l.Lacks(key))
			}
		}
		for _, key := range l.Keys() {
			if !keys[key] {
				t.Errorf("%s.json: nothing shows %q", l.Tag, key)
			}
		}
	}
	if path := os.Getenv("CRUDDUR_KEYS"); path != "" {
		list := make([]string, 0, len(keys))
		for key := range keys {
			list = append(list, strconv.Quote(key))
		}
		slices.Sort(list)
		_ = os.WriteFile(path, []byte(strings.Join(list, "\n")), 0o600)
	}
}
