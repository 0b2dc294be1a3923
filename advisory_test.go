package cruddur_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// eachFile calls f with every file of the program; tests, and what only tests import, are left out.
func eachFile(t *testing.T, f func(name string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	count := 0
	for _, p := range listPackages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cruddur"), "/")
		if folder != "" && !under(folder, "internal") && !under(folder, "cmd") || slices.ContainsFunc(forTests, func(s string) bool { return under(folder, s) }) {
			continue
		}
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			path := filepath.Join(folder, name)
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			count++
			f(filepath.ToSlash(path), file, set)
		}
	}
	if count < 300 {
		t.Errorf("only %d files were read", count)
	}
}

// forTests are the packages that only tests import.
var forTests = []string{
	"internal/pgtest", "internal/ttytest", "internal/mototest", "internal/cli/clitest", "internal/certificate/pebbletest", "internal/identity/cognito/cognitotest",
	"internal/identity/identitytest", "internal/mail/smtptest", "internal/rds/awsfake", "internal/postconfirm/runtimetest",
}

// selector returns "package.Name" of an expression such as http.Client, or "".
func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

// callers says for each file that opens a connection to where it leads. All of it is what the operator configures.
var callers = map[string]string{
	"internal/certificate/order.go":        "the authority of the certificate",
	"internal/cli/health.go":               "this server",
	"internal/cli/servicecmd/status.go":    "this server",
	"internal/conninfo/driver.go":          "the database",
	"internal/identity/cognito/cognito.go": "the user pool",
	"internal/identity/cognito/keys.go":    "the user pool",
	"internal/mail/smtp.go":                "the mail server",
	"internal/pgserver/probe.go":           "the private PostgreSQL",
	"internal/rds/address.go":              "services that say one's own address",
	"internal/rds/awscall/awscall.go":      "AWS",
}

// CVE-2024-29028 to 29030, CVE-2025-22952 (Memos), CVE-2026-22245, CVE-2026-46348 (Mastodon): the server fetched an
// address that a member had typed, in the host's own network too.
//
// Nothing that handles what members write can open a connection: only the files in callers do.
func TestAdvisoryOutboundFetch(t *testing.T) {
	t.Parallel()
	opening := regexp.MustCompile(`^(http\.(Get|Post|PostForm|Head|Client|DefaultClient|Transport|DefaultTransport|NewRequest|NewRequestWithContext)|net\.(Dial\w*|Dialer|Lookup\w*|Resolver|DefaultResolver)|tls\.(Dial\w*|Dialer)|smtp\.Dial)$`)
	seen := map[string]bool{}
	eachFile(t, func(name string, file *ast.File, set *token.FileSet) {
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok || !opening.MatchString(selector(e)) {
				return true
			}
			seen[name] = true
			if callers[name] == "" {
				t.Errorf("%s uses %s: to which address, and who chose it?", set.Position(e.Pos()), selector(e))
			}
			return true
		})
	})
	for name := range callers {
		if !seen[name] {
			t.Errorf("%s opens no connection any more", name)
		}
		for _, folder := range []string{"internal/web/", "internal/api/", "internal/picture/", "internal/gallery/", "internal/feed/", "internal/filter/", "internal/postgres/", "internal/export/", "internal/place/"} {
			if strings.HasPrefix(name, folder) {
				t.Errorf("%s handles what members write", name)
			}
		}
	}
}

// CVE-2023-28853 (Mastodon): what was typed became part of a query.
//
// No statement of the product is put together from pieces: internal/postgres runs files, and takes values as
// parameters. Only internal/dbadmin names databases, roles and tables in statements, quoted.
func TestAdvisoryQuoting(t *testing.T) {
	t.Parallel()
	statement := map[string]int{"Query": 1, "QueryRow": 1, "Exec": 1, "Queue": 0, "Prepare": 2} // its place among the arguments
	const holders = "internal/postgres/migrate_lock.go"                                         // puts one of its own queries into another
	found := 0
	eachFile(t, func(name string, file *ast.File, set *token.FileSet) {
		if under(name, "internal/dbadmin") || name == holders {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, runs := statement[f.Sel.Name]
			if !runs || len(call.Args) <= at {
				return true
			}
			found++
			if glued(call.Args[at]) {
				t.Errorf("%s: %s of a text that is put together", set.Position(call.Pos()), f.Sel.Name)
			}
			return true
		})
	})
	if found < 10 {
		t.Errorf("only %d statements were found", found)
	}
}

// glued reports whether an expression makes a text of others, unless they are numbers, or names quoted by pgx.
func glued(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (unquoted(e.X) || unquoted(e.Y))
	case *ast.CallExpr:
		return strings.HasPrefix(selector(e.Fun), "fmt.Sprint") || selector(e.Fun) == "strings.Join"
	}
	return false
}

func unquoted(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return false
	case *ast.BinaryExpr:
		return unquoted(e.X) || unquoted(e.Y)
	case *ast.CallExpr:
		f, ok := e.Fun.(*ast.SelectorExpr)
		return !ok || f.Sel.Name != "Sanitize" && selector(f) != "strconv.FormatInt"
	}
	return true
}

// readable are the modes with which others may read what is made, by file. Every other file and folder is its owner's.
var readable = map[string]string{
	"internal/cli/dbcmd/migration_new.go": "0o644",       // an empty migration, for a developer
	"internal/cli/dbcmd/schema.go":        "0o644",       // a schema without data
	"internal/cli/lambdacmd/deploy.go":    "0o644",       // the archive of this program
	"internal/lambda/package.go":          "0o100755",    // the program in that archive
	"internal/pgserver/home.go":           "0o755 0o710", // folders above the data, when root lets another user run PostgreSQL, and that user's way in
	"internal/systemd/host.go":            "0o755",       // folders of systemd
	"internal/systemd/units.go":           "0o644",       // units, which hold no secret
}

// CVE-2025-24337 (WriteFreely): everybody on the machine could read the configuration with its secrets.
//
// Data, keys, certificates, dumps, exports and the file of the environment are made for their owner only.
func TestAdvisoryReadableFiles(t *testing.T) {
	t.Parallel()
	owners := 0
	eachFile(t, func(name string, file *ast.File, set *token.FileSet) {
		masks := map[ast.Expr]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if b, ok := n.(*ast.BinaryExpr); ok && b.Op == token.AND {
				masks[b.X], masks[b.Y] = true, true // asks for a mode, and makes nothing
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || !strings.HasPrefix(lit.Value, "0o") || masks[lit] {
				return true
			}
			mode, err := strconv.ParseUint(lit.Value, 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case mode&0o077 == 0:
				owners++
			case !strings.Contains(readable[name], lit.Value) && !strings.HasSuffix(name, "account.go"): // bits that it asks for
				t.Errorf("%s makes something with the mode %s: who else may read it?", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && slices.Contains([]string{"os.Create", "os.WriteFile"}, selector(call.Fun)) {
				t.Errorf("%s: %s, which everybody may read", set.Position(call.Pos()), selector(call.Fun))
			}
			return true
		})
	})
	if owners < 12 {
		t.Errorf("only %d modes were found", owners)
	}
}

// CVE-2026-41889, CVE-2024-27304, CVE-2024-27289, CVE-2026-33815, CVE-2026-33816 (pgx): a value could become part of a
// statement, or overflow its length. CVE-2025-47910 (Go): an exception from the check of origins let others through.
//
// go.mod asks for versions without these faults, and nothing uses what had them.
func TestAdvisoryDriverVersion(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for what, floor := range map[string][3]int{`(?m)^go (\d+)\.(\d+)(?:\.(\d+))?$`: {1, 25, 1}, `(?m)^\s*github\.com/jackc/pgx/v5 v(\d+)\.(\d+)\.(\d+)$`: {5, 9, 2}} {
		m := regexp.MustCompile(what).FindStringSubmatch(string(b))
		if m == nil {
			t.Errorf("go.mod has no %s", what)
			continue
		}
		var got [3]int
		for i, s := range m[1:] {
			got[i], _ = strconv.Atoi(s)
		}
		if slices.Compare(got[:], floor[:]) < 0 {
			t.Errorf("go.mod asks for %v, want at least %v", got, floor)
		}
	}
	const outside = "internal/postgres/migrate_outside.go" // one question without values, on a connection that holds a lock
	eachFile(t, func(name string, file *ast.File, set *token.FileSet) {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && (s.Sel.Name == "QueryExecModeSimpleProtocol" && name != outside || s.Sel.Name == "AddInsecureBypassPattern") {
				t.Errorf("%s uses %s", set.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	})
}
