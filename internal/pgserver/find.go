package pgserver

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest supported major version.
const oldest = 15

// MissingError says that PostgreSQL is not installed, or not in the required version.
type MissingError struct {
	What    string // what was looked for and not found
	Install string // the one command that installs it on this system; "" if that is unknown
}

// Error says what is missing and how to install it.
func (e *MissingError) Error() string {
	if e.Install == "" {
		return e.What + "; install PostgreSQL, or set CRUDDUR_POSTGRES_BIN to the folder of initdb and postgres"
	}
	return e.What + "; install it with: " + e.Install
}

// FindBinaries returns the folder that contains initdb and postgres, and their major version. If bin is set
// it looks only there. Otherwise it asks pg_config, then takes the newest of the folders where Debian, Red
// Hat, Alpine, Homebrew and Postgres.app install them, then those on the PATH. If there is none, or only
// versions older than 15, the error is a [*MissingError].
func FindBinaries(bin string) (dir string, major int, err error) {
	return findBinaries(bin, 0)
}

// findBinaries is FindBinaries for one major version; 0 is any.
func findBinaries(bin string, want int) (dir string, major int, err error) {
	if bin != "" {
		major, err := versionIn(bin)
		if err != nil {
			return "", 0, fmt.Errorf("CRUDDUR_POSTGRES_BIN: %w", err)
		}
		if major < oldest {
			return "", 0, &MissingError{fmt.Sprintf("PostgreSQL %d in %s is too old, %d or newer is needed", major, bin, oldest), installCommand(0)}
		}
		return bin, major, nil
	}
	return pick(candidates(), want)
}

// pick returns the first of dirs with a server of the major version want, 0 for any that is not too old.
func pick(dirs []string, want int) (dir string, major int, err error) {
	tooOld := 0
	for _, dir := range dirs {
		major, err := versionIn(dir)
		switch {
		case err != nil || want != 0 && major != want:
		case major < oldest:
			tooOld = max(tooOld, major)
		default:
			return dir, major, nil
		}
	}
	what := fmt.Sprintf("PostgreSQL %d or newer (initdb and postgres) is not on this machine", oldest)
	if want != 0 {
		what = fmt.Sprintf("PostgreSQL %d (initdb and postgres) is not on this machine", want)
	} else if tooOld != 0 {
		what = fmt.Sprintf("PostgreSQL %d or newer is not on this machine, only %d", oldest, tooOld)
	}
	return "", 0, &MissingError{what, installCommand(want)}
}

// places are where packages install the server, newest first within each.
var places = []string{
	"/usr/lib/postgresql/*/bin",                           // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                    // PGDG on Red Hat
	"/usr/libexec/postgresql*",                            // Alpine
	"/opt/homebrew/opt/postgresql@*/bin",                  // Homebrew on Apple silicon
	"/usr/local/opt/postgresql@*/bin",                     // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",     // Homebrew on Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin/", // Postgres.app
	"/usr/local/pgsql*/bin",                               // built from source
}

func candidates() []string {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range places {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		dirs = append(dirs, found...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

var digits = regexp.MustCompile(`[0-9]+`)

// number returns the last number in a path, so that 9 sorts before 15.
func number(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)`)

// versionIn returns the major version of the server in a folder that also contains initdb.
func versionIn(dir string) (int, error) {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		if info.IsDir() || info.Mode()&0o111 == 0 {
			return 0, fmt.Errorf("%s is not a program", filepath.Join(dir, name))
		}
	}
	cmd := exec.Command(filepath.Join(dir, "postgres"), "--version")
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w: %s", cmd.Path, err, strings.TrimSpace(string(out)))
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s --version says %q", cmd.Path, strings.TrimSpace(string(out)))
	}
	return strconv.Atoi(string(m[1]))
}

// installers pairs a package manager with its command for any version and for a given version.
var installers = []struct{ program, any, one string }{
	{"apt-get", "apt-get install -y postgresql", "apt-get install -y postgresql-%d"},
	{"dnf", "dnf install -y postgresql-server", "dnf install -y postgresql%d-server"},
	{"apk", "apk add postgresql", "apk add postgresql%d"},
	{"pacman", "pacman -S --noconfirm postgresql", ""},
	{"zypper", "zypper install -y postgresql-server", "zypper install -y postgresql%d-server"},
	{"brew", "brew install postgresql@17", "brew install postgresql@%d"},
}

// installCommand returns the command that installs PostgreSQL here, of one major version if want is not 0.
func installCommand(want int) string {
	return installWith(exec.LookPath, os.Geteuid(), want)
}

func installWith(look func(string) (string, error), uid, want int) string {
	for _, i := range installers {
		if _, err := look(i.program); err != nil {
			continue
		}
		command := i.any
		if want != 0 {
			if i.one == "" {
				return ""
			}
			command = fmt.Sprintf(i.one, want)
		}
		if uid != 0 && i.program != "brew" {
			return "sudo " + command
		}
		return command
	}
	return ""
}
