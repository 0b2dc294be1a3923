package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

//go:embed sql/*/*.sql
var sqlFiles embed.FS

// statement is one file under sql/; its named arguments are turned into positions once, at start.
type statement struct {
	name string   // noun/verb, as in sql/activities/home.sql
	text string   // with $1, $2 …; begins with a comment that names the file
	args []string // the argument names, by position
}

// statements holds every file under sql/ by its name.
var statements = loadStatements()

func loadStatements() map[string]*statement {
	all := map[string]*statement{}
	err := fs.WalkDir(sqlFiles, "sql", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := sqlFiles.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "sql/"), ".sql")
		all[name] = compile(name, string(b))
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return all
}

var (
	comments = regexp.MustCompile(`(?m)^--.*\n`)
	argument = regexp.MustCompile(`@([a-z_][a-z_0-9]*)`)
)

// compile turns @name into $n. pgx's own lexer does it, so that a name in a string or a comment is left
// alone.
func compile(name, text string) *statement {
	s := &statement{name: name}
	names := pgx.NamedArgs{}
	for _, m := range argument.FindAllStringSubmatch(text, -1) {
		names[m[1]] = m[1]
	}
	text = strings.TrimSpace(comments.ReplaceAllString(text, ""))
	rewritten, args, err := names.RewriteQuery(context.Background(), nil, text, nil)
	if err != nil {
		panic(fmt.Sprintf("sql/%s.sql: %v", name, err))
	}
	s.text = "/* " + name + " */ " + rewritten
	for _, a := range args {
		s.args = append(s.args, a.(string))
	}
	return s
}

// mustStatement returns the statement of a file; it panics on a wrong name, which the first test finds.
func mustStatement(name string) *statement {
	s, ok := statements[name]
	if !ok {
		panic("postgres: there is no sql/" + name + ".sql")
	}
	return s
}

// withLimit returns the statement with n instead of 20 (cruddur.PageSize) in each "limit 20". The limit must be
// part of the text: as a parameter, the cached plan does not know that it is small, and the read costs 2.7
// times as much.
func (s *statement) withLimit(n int) *statement {
	if !pageLimit.MatchString(s.text) {
		panic("postgres: sql/" + s.name + ".sql has no limit of a page")
	}
	c := *s
	c.name += "_" + strconv.Itoa(n)
	c.text = pageLimit.ReplaceAllString(s.text, "limit "+strconv.Itoa(n))
	c.text = "/* " + c.name + " */" + strings.TrimPrefix(c.text, "/* "+s.name+" */")
	statements[c.name] = &c
	return &c
}

var pageLimit = regexp.MustCompile(`\blimit ` + strconv.Itoa(cruddur.PageSize) + `\b`)

// args are the named arguments of one call.
type args map[string]any

// bind returns the arguments in the statement's order. A missing or an unknown argument is an error that
// names it, never a silent null.
func (s *statement) bind(a args) ([]any, error) {
	if len(a) != len(s.args) {
		for name := range a {
			if !slices.Contains(s.args, name) {
				return nil, fmt.Errorf("%s: there is no argument @%s", s.name, name)
			}
		}
	}
	out := make([]any, len(s.args))
	for i, name := range s.args {
		v, ok := a[name]
		if !ok {
			return nil, fmt.Errorf("%s: argument @%s is missing", s.name, name)
		}
		out[i] = v
	}
	return out, nil
}
