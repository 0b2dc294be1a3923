package cruddur_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type listed struct {
	ImportPath, Doc  string
	GoFiles, Imports []string
}

func listPackages(t *testing.T) (list []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Doc,GoFiles,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// onlyIn lists, for an external package, which of our packages may import it; their sub-packages may too.
var onlyIn = map[string][]string{
	"github.com/jackc/pgx":                {"internal/conninfo", "internal/postgres", "internal/dbadmin", "internal/pgtest", "internal/cli/clitest"},
	"github.com/aws/aws-sdk-go-v2":        {"internal/rds", "internal/identity/cognito", "internal/lambda", "internal/s3store", "internal/cli"},
	"github.com/aws/aws-lambda-go":        {"internal/postconfirm/lambdahandler", "internal/lambda", "internal/cli"},
	"github.com/spf13/cobra":              {"internal/cli"},
	"github.com/prometheus/client_golang": {"internal/httpserver", "internal/cli"},
	"golang.org/x/image":                  {"internal/picture"},
}

// mayImport is the import direction: cmd → cli → everything; other packages import only what is listed here. Within
// cli it is cli → dbcmd, usercmd, placecmd, reportcmd, servicecmd, rdscmd, lambdacmd → guard → command → terminal, and
// the groups of commands do not import each other.
var mayImport = map[string][]string{
	"":                          {},
	"cmd/cruddur":               {"internal/cli"},
	"internal/api":              {"", "internal/export", "internal/filter", "internal/gallery", "internal/identity", "internal/kept", "internal/live", "internal/place", "internal/postconfirm", "internal/postgres", "internal/ratelimit", "internal/recall", "internal/request"},
	"internal/certificate":      {"", "internal/writefile"},
	"internal/cli/dbcmd":        {"internal/cli/command", "internal/cli/guard", "internal/cli/terminal", "internal/dbadmin", "internal/postgres", "internal/sqlscript", "internal/writefile"},
	"internal/cli/usercmd":      {"", "internal/cli/command", "internal/cli/terminal", "internal/export", "internal/identity", "internal/identity/cognito", "internal/identity/local", "internal/mail", "internal/writefile"},
	"internal/cli/placecmd":     {"", "internal/cli/command", "internal/cli/terminal", "internal/identity", "internal/place"},
	"internal/cli/servicecmd":   {"internal/certificate", "internal/cli/command", "internal/cli/terminal", "internal/systemd"},
	"internal/cli/reportcmd":    {"", "internal/cli/command", "internal/cli/terminal"},
	"internal/cli/rdscmd":       {"internal/cli/command", "internal/cli/guard", "internal/cli/terminal", "internal/rds"},
	"internal/cli/lambdacmd":    {"internal/cli/command", "internal/cli/guard", "internal/cli/terminal", "internal/lambda", "internal/localhost", "internal/postconfirm", "internal/postconfirm/lambdahandler", "internal/postgres", "internal/rds", "internal/writefile"},
	"internal/cli/guard":        {"internal/cli/command", "internal/cli/terminal", "internal/dbadmin", "internal/pgserver"},
	"internal/cli/command":      {"", "internal/certificate", "internal/cli/terminal", "internal/identity", "internal/identity/cognito", "internal/identity/local", "internal/lang", "internal/mail", "internal/conninfo", "internal/gallery", "internal/pgserver", "internal/postgres", "internal/rds", "internal/s3store"},
	"internal/cli/terminal":     {},
	"internal/cli/clitest":      {"internal/cli", "internal/cli/command", "internal/pgserver", "internal/rds/awsfake"},
	"internal/conninfo":         {""},
	"internal/dbadmin":          {"", "internal/conninfo", "internal/localhost", "internal/postgres", "internal/sqlscript", "internal/writefile"},
	"internal/export":           {""},
	"internal/feed":             {""},
	"internal/filter":           {"", "internal/postgres"},
	"internal/gallery":          {"", "internal/picture"},
	"internal/httpserver":       {"", "internal/kept", "internal/ratelimit", "internal/request"},
	"internal/identity":         {"", "internal/postconfirm", "internal/ratelimit", "internal/request"},
	"internal/identity/cognito": {"", "internal/identity", "internal/postconfirm"},
	"internal/identity/local":   {"", "internal/identity", "internal/lang", "internal/mail", "internal/postconfirm", "internal/ratelimit"},
	"internal/kept":             {},
	"internal/lambda":           {"", "internal/localhost"},
	"internal/lang":             {},
	"internal/live":             {""},
	"internal/localhost":        {},
	"internal/mail":             {"", "internal/lang", "internal/localhost"},
	"internal/pgserver":         {},
	"internal/picture":          {""},
	"internal/pgtest":           {"internal/pgserver", "internal/postgres"},
	"internal/place":            {""},
	"internal/postconfirm":      {""},
	"internal/postgres":         {"", "internal/conninfo", "internal/localhost", "internal/sqlscript"},
	"internal/ratelimit":        {""},
	"internal/recall":           {""},
	"internal/request":          {"", "internal/localhost"},
	"internal/rds":              {"", "internal/writefile"},
	"internal/s3store":          {""},
	"internal/sqlscript":        {},
	"internal/sweep":            {""},
	"internal/systemd":          {"internal/writefile"},
	"internal/writefile":        {},
	"internal/web":              {"", "internal/export", "internal/filter", "internal/gallery", "internal/identity", "internal/kept", "internal/lang", "internal/live", "internal/mail", "internal/place", "internal/postgres", "internal/ratelimit", "internal/recall", "internal/request"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cruddur"), "/")
		if len(p.GoFiles) > 0 && !strings.HasPrefix(p.Doc, "Package ") && !strings.HasPrefix(p.Doc, "Command ") {
			t.Errorf("%s: no package comment", p.ImportPath)
		}
		allowed, strict := mayImport[name]
		for _, path := range p.Imports {
			ours, isOurs := strings.CutPrefix(path, "cruddur/")
			if path == "cruddur" {
				ours, isOurs = "", true
			}
			if path == "cruddur/internal/pgtest" || path == "cruddur/internal/cli/clitest" {
				t.Errorf("%s imports %s outside its tests", name, path)
			}
			if name == "" && strings.Contains(path, ".") && !under(path, "golang.org/x/text") {
				t.Errorf("the root package imports %s, want the standard library and golang.org/x/text only", path)
			}
			if strict && isOurs && !slices.Contains(allowed, ours) && !strings.HasPrefix(ours, name+"/") {
				t.Errorf("%s imports %s: against the direction of design.md", name, path)
			}
		}
		for _, path := range p.Imports { // a test may start a server of its own
			for foreign, homes := range onlyIn {
				if under(path, foreign) && !slices.ContainsFunc(homes, func(h string) bool { return under(name, h) }) {
					t.Errorf("%s imports %s, which belongs in %v", name, path, homes)
				}
			}
		}
	}
}

func under(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// Commands write the files that the user names through internal/writefile, which replaces no device and leaves no
// partial file.
func TestFilesAreWrittenInOnePlace(t *testing.T) {
	t.Parallel()
	own := []string{"internal/writefile", "internal/pgtest", "internal/cli/clitest", "internal/mototest", "internal/identity/cognito/cognitotest", "internal/certificate/pebbletest"}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cruddur"), "/")
		if !under(name, "internal") && !under(name, "cmd") || slices.Contains(own, name) {
			continue
		}
		for _, file := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(name, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"os.WriteFile(", "os.Create(", "os.CreateTemp(", "os.Rename("} {
				if strings.Contains(string(b), call) {
					t.Errorf("%s/%s calls %s…), want internal/writefile", name, file, call)
				}
			}
		}
	}
}

// No password of a member is hashed at the cost that tests use.
func TestPasswordsAreDear(t *testing.T) {
	t.Parallel()
	found := 0
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cruddur"), "/")
		for _, file := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(name, file))
			if err != nil {
				t.Fatal(err)
			}
			found += strings.Count(string(b), "c.Cheap")
			if strings.Contains(string(b), "Cheap:") || strings.Contains(strings.ReplaceAll(string(b), "c.Cheap", ""), ".Cheap") && name != "internal/identity/local" {
				t.Errorf("%s/%s makes passwords cheap", name, file)
			}
		}
	}
	if found != 1 {
		t.Errorf("Config.Cheap is read %d times, want once", found)
	}
}
