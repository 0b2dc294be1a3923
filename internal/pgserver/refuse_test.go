package pgserver

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refusal is a folder's content and what the error has to say.
type refusal struct {
	files map[string]string
	want  []string
}

func refusals(major int) map[string]refusal {
	return map[string]refusal{
		"older major version": {
			map[string]string{lockName: "1\n", "data/PG_VERSION": "9.6\n", "data/base/1": "x"},
			[]string{"PostgreSQL 9,", "nothing was changed", "pg_upgrade", "-U cruddur"},
		},
		"newer major version": {
			map[string]string{lockName: "1\n", "data/PG_VERSION": "99\n", "data/base/1": "x"},
			[]string{"PostgreSQL 99", "the installed version is " + strconv.Itoa(major), "cannot read data of a newer version"},
		},
		"no version": {
			map[string]string{lockName: "1\n", "data/PG_VERSION": "x\n"},
			[]string{"PG_VERSION", "not a version of PostgreSQL"},
		},
		"somebody else's cluster": {
			map[string]string{"data/PG_VERSION": strconv.Itoa(major) + "\n", "data/base/1": "x"},
			[]string{"did not make", "CONNECTION_URL", "touch "},
		},
		"something else": {
			map[string]string{"data/holiday.jpg": "x"},
			[]string{"no PostgreSQL data", "CRUDDUR_DATA_DIR"},
		},
		"a data directory itself": {
			map[string]string{"PG_VERSION": strconv.Itoa(major) + "\n", "base/1": "x"},
			[]string{"is itself the data directory", "CONNECTION_URL"},
		},
	}
}

// TestRefused holds that what is not ours, or not of our version, is not touched.
func TestRefused(t *testing.T) {
	t.Parallel()
	_, major, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range refusals(major) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newDir(t)
			for path, content := range c.files {
				write(t, filepath.Join(dir, path), content)
			}
			if a, err := (&home{path: filepath.Join(dir, "none")}).choose(); err == nil && a.drop {
				giveAway(t, dir, a)
			}
			before := tree(t, dir)
			_, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
			wantError(t, err, append(c.want, dir)...)
			after := tree(t, dir)
			if c.files[lockName] != "" { // our own lock file alone is ours to write
				delete(before, filepath.Join(dir, lockName))
				delete(after, filepath.Join(dir, lockName))
			}
			if d := cmp.Diff(before, after); d != "" {
				t.Errorf("the folder was touched (-before +after):\n%s", d)
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		write(t, dir, "x")
		_, err := Start(t.Context(), Config{Dir: dir})
		wantError(t, err, dir)
	})
	t.Run("settings that are not open", func(t *testing.T) {
		t.Parallel()
		_, err := Start(t.Context(), Config{Dir: newDir(t), Settings: map[string]string{"port": "1"}})
		wantError(t, err, "setting port")
	})
}

// giveAway makes a folder the one of the server's user.
func giveAway(t *testing.T, dir string, a account) {
	t.Helper()
	for path := range tree(t, dir) {
		if err := os.Lchown(path, a.uid, a.gid); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailedFirstStart(t *testing.T) {
	t.Parallel()
	real, major, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("initdb fails half way", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		bin := filepath.Join(filepath.Dir(dir), "bin")
		if err := os.Mkdir(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\nmkdir \"$2/base\" && echo " + strconv.Itoa(major) + " >\"$2/PG_VERSION\"\necho initdb: error: no space left >&2\nexit 1\n"
		writeProgram(t, filepath.Join(bin, "initdb"), []byte(script))
		if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(bin, "postgres")); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Config{Dir: dir, Bin: bin, Settings: quick})
		wantError(t, err, "no space left", "nothing was left behind")
		if _, err := os.Lstat(dir); err == nil {
			t.Errorf("something was left behind: %v", tree(t, dir))
		}
		psql(t, run(t, dir).URL("postgres"), "select 1")
	})
	t.Run("the server fails", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		_, err := Start(t.Context(), Config{Dir: dir, Settings: map[string]string{"fsync": "off", "shared_buffers": "banana"}})
		wantError(t, err, `invalid value for parameter "shared_buffers": "banana"`, logName)
		psql(t, run(t, dir).URL("postgres"), "select 1")
	})
	t.Run("no PostgreSQL", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		_, err := Start(t.Context(), Config{Dir: dir, Bin: "/nowhere"})
		wantError(t, err, "CRUDDUR_POSTGRES_BIN", "/nowhere")
		if _, err := os.Lstat(dir); err == nil {
			t.Errorf("something was left behind: %v", tree(t, dir))
		}
	})
}

// TestWithoutUnicodeLocale is a C library that has no C.UTF-8, as that of older macOS.
func TestWithoutUnicodeLocale(t *testing.T) {
	t.Parallel()
	real, _, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	dir := newDir(t)
	bin := filepath.Join(filepath.Dir(dir), "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase \" $* \" in *' --locale=C.UTF-8 '*) echo 'initdb: error: invalid locale name \"C.UTF-8\"' >&2; exit 1;; esac\nexec " + real + "/initdb \"$@\"\n"
	writeProgram(t, filepath.Join(bin, "initdb"), []byte(script))
	if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(bin, "postgres")); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Config{Dir: dir, Bin: bin, Settings: quick})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	if got := psql(t, s.URL("postgres"), "select datcollate || ' ' || pg_encoding_to_char(encoding) from pg_database where datname = 'postgres'"); got != "C UTF8" {
		t.Errorf("collation and encoding = %q, want C UTF8", got)
	}
}

// TestUnreachable is `make run` by root with its data in root's closed home, and what an ordinary
// user meets in the same place.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(newDir(t), "closed")
	if err := os.MkdirAll(closed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "share", "d")
	_, err := Start(t.Context(), Config{Dir: dir, Settings: quick})
	if os.Geteuid() == 0 {
		wantError(t, err, "cannot enter "+closed+" (mode 0500, of root)", "CRUDDUR_DATA_DIR=/var/lib/cruddur")
	} else {
		wantError(t, err, "permission denied", closed)
	}
	if left := tree(t, closed); len(left) != 1 {
		t.Errorf("something was left behind: %v", left)
	}
}

// TestUpgradeAdvice follows the advice of a VersionError word by word. pg_upgrade takes the same
// version too, so one PostgreSQL is enough for that.
func TestUpgradeAdvice(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newDir(t), "a b")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	s := run(t, dir)
	psql(t, s.URL("postgres"), "create table kept (n int); insert into kept values (42)")
	stop(t, s)
	bin, major, err := FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*VersionError](s.home.mismatch(major, bin, major))
	if !ok {
		t.Fatal("mismatch() is no VersionError")
	}
	var script []string
	for line := range strings.Lines(e.Advice) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			script = append(script, strings.ReplaceAll(command, "OLD_BIN", bin))
		}
	}
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-e", "-c", strings.Join(script, "")).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(script, ""), err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "data.old")); err != nil {
		t.Error(err)
	}
	if got := psql(t, run(t, dir).URL("postgres"), "select n from kept"); got != "42" {
		t.Errorf("row = %q, want 42", got)
	}
}
