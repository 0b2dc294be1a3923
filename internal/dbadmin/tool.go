package dbadmin

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/conninfo"
)

// MissingTool says that a client program is not installed, or is older than the server or than a parameter of
// the connection string.
type MissingTool struct {
	Program   string
	Found     int    // the newest version that is installed; 0 is none
	Want      int    // the server's major version, or the first version that knows the parameter
	Parameter string // "" if the server is the reason
	Install   string
}

// Error says how to install it.
func (e *MissingTool) Error() string {
	s := e.Program + " is not on this machine"
	switch {
	case e.Parameter != "":
		s = fmt.Sprintf("%s %d does not know the parameter %s of the connection URL, which version %d introduced", e.Program, e.Found, e.Parameter, e.Want)
	case e.Found > 0:
		s = fmt.Sprintf("%s %d is older than the server, %d, and cannot read it", e.Program, e.Found, e.Want)
	}
	return s + "\n" + e.Install
}

// Tools finds psql, pg_dump and pg_restore.
type Tools struct {
	Bin    string   // CRUDDUR_POSTGRES_BIN, searched first
	Places []string // patterns of folders; nil: where packages install them
}

// clientPlaces are the folders where packages install client programs.
var clientPlaces = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
	"/opt/homebrew/opt/libpq/bin", "/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/libpq/bin", "/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

type tool struct {
	path  string
	major int
}

// Find returns the path of a program that supports a server of the major version want; 0 is any. It takes the
// newest version, because a newer client reads an older server but not the reverse.
func (t Tools) Find(ctx context.Context, program string, want int) (string, error) {
	found := t.all(ctx, program)
	if len(found) > 0 && found[0].major >= want {
		return found[0].path, nil
	}
	e := &MissingTool{Program: program, Want: want, Install: installClient(want)}
	if len(found) > 0 {
		e.Found = found[0].major
	}
	return "", e
}

func (t Tools) all(ctx context.Context, program string) []tool {
	var dirs []string
	if t.Bin != "" {
		dirs = append(dirs, t.Bin)
	}
	places := t.Places
	if places == nil {
		places = clientPlaces
	}
	for _, pattern := range places {
		more, _ := filepath.Glob(pattern)
		dirs = append(dirs, more...)
	}
	for i := range dirs {
		dirs[i] = filepath.Join(dirs[i], program)
	}
	if path, err := exec.LookPath(program); err == nil {
		dirs = append([]string{path}, dirs...)
	}
	var found []tool
	for _, path := range dirs {
		if major := programVersion(ctx, path); major > 0 {
			found = append(found, tool{path, major})
		}
	}
	slices.SortStableFunc(found, func(a, b tool) int { return cmp.Compare(b.major, a.major) })
	return found
}

var toolVersion = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)`)

func programVersion(ctx context.Context, path string) int {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return 0
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return 0
	}
	m := toolVersion.FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

func installClient(want int) string {
	version := ""
	if want > 0 {
		version = "-" + strconv.Itoa(want)
	}
	sudo := ""
	if os.Geteuid() != 0 {
		sudo = "sudo "
	}
	for _, i := range []struct{ program, command string }{
		{"apt-get", sudo + "apt-get install -y postgresql-client" + version},
		{"dnf", sudo + "dnf install -y postgresql" + strings.TrimPrefix(version, "-")},
		{"apk", sudo + "apk add postgresql" + strings.TrimPrefix(version, "-") + "-client"},
		{"brew", "brew install libpq"},
	} {
		if _, err := exec.LookPath(i.program); err == nil {
			return "install it with: " + i.command
		}
	}
	return "install the PostgreSQL client programs"
}

// command prepares a client program for the target: its arguments say where to connect and contain no secret,
// its environment holds the password.
func (a *Admin) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	a.equip(ctx, cmd, application)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the program then cancels its statement on the server
	return cmd
}

// equip gives a client program its environment: of libpq's variables only those that the target needs. A
// program that is too old for a parameter of the target does not start.
func (a *Admin) equip(ctx context.Context, cmd *exec.Cmd, name string) {
	variables := conninfo.Variables()
	for _, v := range os.Environ() {
		if key, _, _ := strings.Cut(v, "="); !slices.Contains(variables, key) {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "PGAPPNAME="+name, "PGCONNECT_TIMEOUT=10")
	cmd.Env = append(cmd.Env, a.Secrets()...)
	if a.Info.Get("sslpassword") != "" {
		cmd.Err = fail(cruddur.KindInvalid, filepath.Base(cmd.Path)+" takes sslpassword only as an argument, which every user of this machine can read", nil, "use a key without a password, in a file that only you may read")
	}
	if major, keyword := a.Info.Needs(); major > 0 {
		if found := programVersion(ctx, cmd.Path); found < major {
			cmd.Err = &MissingTool{Program: filepath.Base(cmd.Path), Found: found, Want: major, Parameter: keyword, Install: installClient(major)}
		}
	}
}

// Secrets returns what a client program needs in its environment in addition to [conninfo.Info.PublicDSN].
func (t *Target) Secrets() []string {
	if password := t.Info.Get("password"); password != "" {
		return []string{"PGPASSWORD=" + password}
	}
	return nil
}

// serverMajor returns the server's major version.
func (a *Admin) serverMajor(ctx context.Context) (int, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return 0, err
	}
	defer closing(ctx, conn)
	var n int
	err = conn.QueryRow(ctx, "select current_setting('server_version_num')::int / 10000").Scan(&n)
	return n, err
}
