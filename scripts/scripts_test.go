// Package scripts has the shell scripts behind the Makefile, and their tests. It holds no Go code.
package scripts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a simulated Debian: the programs on its PATH record how they were called.
type machine struct {
	t                               *testing.T
	bin, site, home, packages, done string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{t: t, bin: filepath.Join(dir, "bin"), site: filepath.Join(dir, "site"), home: filepath.Join(dir, "home"), packages: filepath.Join(dir, "packages"), done: filepath.Join(dir, "done")}
	for _, d := range []string{m.bin, m.site, m.home, m.packages} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range strings.Fields("sh awk sed grep head tail cut cat cp mkdir mktemp mv rm tar gzip dirname sha256sum") {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(m.bin, program)); err != nil {
			t.Fatal(err)
		}
	}
	m.program("id", "echo 0")
	m.program("tee", "cat >/dev/null")
	m.program("env", `while [ "${1#*=}" != "$1" ]; do shift; done; exec "$@"`)
	m.program("uname", "echo x86_64")
	m.apt("1.19")
	m.brings("moto_server", "")
	m.program("curl", `for a; do case $a in http*) url=$a ;; esac; out=$a; done; cat "`+m.site+`/${url##*/}" >"$out" 2>/dev/null || exit 22`)
	return m
}

// program puts a shell script on the PATH.
func (m *machine) program(name, script string) {
	m.t.Helper()
	m.write(filepath.Join(m.bin, name), "#!/bin/sh\n"+script+"\n")
}

func (m *machine) write(path, content string) {
	m.t.Helper()
	os.Remove(path)
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// apt simulates apt-get with a version of Go.
func (m *machine) apt(version string) {
	m.program("apt-cache", `printf 'golang-go:\n  Candidate: 2:`+version+`~1\n'`)
	m.program("apt-get", `case "$*" in
"update "*) : >`+m.done+`.lists ;;
*--print-uris*) echo "'http://x' x_1.deb 2000000 MD5" ;;
"install "*) echo "$*" >>`+m.done+`; cp `+m.packages+`/* `+m.bin+` ;;
esac`)
}

// brings adds a program to what apt installs.
func (m *machine) brings(name, script string) {
	m.t.Helper()
	m.write(filepath.Join(m.packages, name), "#!/bin/sh\n"+script+"\n")
}

// goOf returns a fake go that prints its version and whether it may fetch another.
func goOf(version, toolchain string) string {
	return `case "$*" in "env GOVERSION") echo go` + version + ` ;; "env GOTOOLCHAIN") echo ` + toolchain + ` ;; "env GOFLAGS") echo -buildvcs=false ;; *) echo "ran $* with $CGO_ENABLED $GOFLAGS" ;; esac`
}

// publish puts a release of Go onto the site, with the sum that the list shall name ("" for the right one).
func (m *machine) publish(version, sum string) {
	m.t.Helper()
	tree := m.t.TempDir()
	os.MkdirAll(filepath.Join(tree, "go/bin"), 0o755)
	m.write(filepath.Join(tree, "go/bin/go"), "#!/bin/sh\n"+goOf(version, "auto"))
	name := "go" + version + ".linux-amd64.tar.gz"
	if out, err := exec.Command("tar", "-czf", filepath.Join(m.site, name), "-C", tree, "go").CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	if sum == "" {
		b, err := os.ReadFile(filepath.Join(m.site, name))
		if err != nil {
			m.t.Fatal(err)
		}
		h := sha256.Sum256(b)
		sum = hex.EncodeToString(h[:])
	}
	// As go.dev answers: a key a line, several files a version.
	m.write(filepath.Join(m.site, "?mode=json"), fmt.Sprintf(`[
 {
  "version": "go%[1]s",
  "files": [
   {
    "filename": "go%[1]s.src.tar.gz",
    "os": "",
    "sha256": "aaaa"
   },
   {
    "filename": "go%[1]s.linux-arm64.tar.gz",
    "os": "linux",
    "sha256": "bbbb"
   },
   {
    "filename": "go%[1]s.linux-amd64.tar.gz",
    "os": "linux",
    "arch": "amd64",
    "sha256": "%[2]s",
    "size": 1
   }
  ]
 },
 {
  "version": "go1.25.9",
  "files": [
   {
    "filename": "go1.25.9.linux-amd64.tar.gz",
    "sha256": "cccc"
   }
  ]
 }
]
`, version, sum))
}

// run runs a script of this folder and returns what it prints and its exit code.
func (m *machine) run(script string, args ...string) (string, int) {
	m.t.Helper()
	cmd := exec.Command(filepath.Join(m.bin, "sh"), append([]string{script}, args...)...)
	cmd.Env = []string{"PATH=" + m.bin, "HOME=" + m.home, "CRUDDUR_GO_ROOT=" + m.home, "CRUDDUR_CHROME_SANDBOX=" + m.home + "/none"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// installed is what apt was told to install.
func (m *machine) installed() string {
	b, _ := os.ReadFile(m.done)
	return string(b)
}

func TestNeedGo(t *testing.T) {
	t.Parallel()
	const there = "golang-go"
	for name, c := range map[string]struct {
		set       func(m *machine)
		code      int
		says      string // a part of the output
		installed string // a part of what apt installs; "" for nothing
		not       string // no part of what apt installs
		use       string // the version that scripts/go runs afterwards
	}{
		"Present":         {set: func(m *machine) { m.program("go", goOf("1.26.1", "local")) }, use: "1.26.1"},
		"PresentFetching": {set: func(m *machine) { m.program("go", goOf("1.22.4", "auto")) }, use: "1.22.4"},
		"NothingFetches": {
			set:  func(m *machine) { m.program("go", goOf("1.22.4", "local")) },
			code: 8, says: "https://go.dev/dl/", not: "python3",
		},
		"OldAndOffline": {
			set:  func(m *machine) { m.program("go", goOf("1.19.8", "")) },
			code: 8, says: "nothing else was installed", not: "python3",
		},
		"OldPackagesOffline": {code: 8, says: "nothing else was installed"},
		"Fetched": {
			set:  func(m *machine) { m.publish("1.26.9", "") },
			says: "fetching go1.26.9.linux-amd64.tar.gz", installed: "python3", not: there, use: "1.26.9",
		},
		"FetchedForged": {
			set:  func(m *machine) { m.publish("1.26.9", strings.Repeat("0", 64)) },
			code: 8, says: "SHA-256 differs", not: "python3",
		},
		"NoSuchMachine": {
			set:  func(m *machine) { m.publish("1.26.9", ""); m.program("uname", "echo riscv64") },
			code: 8, says: "no Go for linux on riscv64",
		},
		"Packaged": {
			set:       func(m *machine) { m.apt("1.24"); m.brings("go", goOf("1.24.4", "auto")) },
			installed: there, use: "1.24.4", says: "apt installs golang-go python3 python3-venv: 1 packages, 2 MB to fetch",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			if c.set != nil {
				c.set(m)
			}
			out, code := m.run("need", "go", "moto")
			if code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.says, out)
			}
			got := m.installed()
			if !strings.Contains(got, c.installed) || c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("apt installed %q, want %q, not %q", got, c.installed, c.not)
			}
			if c.use == "" {
				return
			}
			out, _ = m.run("go", "env", "GOVERSION")
			if strings.TrimSpace(out) != "go"+c.use {
				t.Errorf("scripts/go runs %s, want %s", out, c.use)
			}
		})
	}
}

// TestGoFlags: whatever a target calls is compiled with the same flags, once, beside those of the machine.
// Chromium starts as an ordinary user only if it can lock its pages up: with the kernel's namespaces or with a
// package of its own.
func TestNeedChromium(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(m *machine)
		want string
	}{
		"no browser":              {func(m *machine) { os.Remove(filepath.Join(m.bin, "chromium")) }, "chromium chromium-sandbox"},
		"no sandbox":              {func(*machine) {}, "chromium chromium-sandbox"},
		"root":                    {func(m *machine) { m.program("id", "echo 0") }, ""},
		"namespaces":              {func(m *machine) { m.program("unshare", "") }, ""},
		"no namespaces":           {func(m *machine) { m.program("unshare", "exit 1") }, "chromium chromium-sandbox"},
		"no package of a sandbox": {func(m *machine) { m.program("apt-cache", "exit 100") }, "chromium"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.program("id", "echo 1000")
			m.program("sudo", `exec "$@"`)
			m.program("chromium", "")
			m.brings("chromium", "")
			c.set(m)
			m.run("need", "chromium")
			_, got, _ := strings.Cut(strings.TrimSpace(m.installed()), "confold ")
			if got != c.want {
				t.Errorf("apt installs %q, want %q", got, c.want)
			}
		})
	}
}

// The browser's engine alone is installed where apt has it; where it cannot be had, nobody misses it.
func TestNeedHeadlessShell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(m *machine)
		want string
	}{
		"the package":       {func(m *machine) { m.program("apt-cache", "") }, "chromium-headless-shell"},
		"no package":        {func(m *machine) { m.program("apt-cache", `[ "$2" = chromium ]`) }, ""},
		"lists not fetched": {func(m *machine) { m.program("apt-cache", "[ -e "+m.done+".lists ]") }, "chromium-headless-shell"},
		"no network":        {func(m *machine) { m.program("apt-cache", "exit 100") }, ""},
		"nobody who may":    {func(m *machine) { m.program("apt-cache", ""); os.Remove(filepath.Join(m.bin, "sudo")) }, ""},
		"an apt that fails": {func(m *machine) {
			m.program("apt-cache", "")
			m.program("apt-get", `case "$*" in update*) ;; *) exit 100 ;; esac`)
		}, ""},
		"lists that cannot be fetched": {func(m *machine) { m.program("apt-cache", ""); m.program("apt-get", "exit 100") }, ""},
		"no Debian":                    {func(m *machine) { os.Remove(filepath.Join(m.bin, "apt-cache")) }, ""},
		"there is one already":         {func(m *machine) { m.program("apt-cache", ""); m.program("chromium-headless-shell", "") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.program("id", "echo 1000")
			m.program("sudo", `exec "$@"`)
			m.brings("chromium-headless-shell", "")
			c.set(m)
			if out, code := m.run("need", "chromium-headless-shell"); code != 0 {
				t.Errorf("exit code %d: %s", code, out)
			}
			_, got, _ := strings.Cut(strings.TrimSpace(m.installed()), "confold ")
			if got != c.want {
				t.Errorf("apt installs %q, want %q", got, c.want)
			}
		})
	}
}

// Without a network the error of the first module says enough, with what to do.
func TestBuildWithoutNetwork(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.program("date", "echo 1")
	m.program("go", `case "$1" in env) `+goOf("1.26.0", "auto")+` ;; list) for n in 1 2 3 4 5; do echo "go: downloading example.com/m$n v1"; echo "x.go:1:2: example.com/m$n: no route to host"; done >&2; exit 1 ;; esac`)
	out, code := m.run("build", filepath.Join(m.home, "cruddur"), "./cmd/cruddur")
	for _, want := range []string{"m1: no route to host", "and 3 more lines like these", "set HTTPS_PROXY"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if code == 0 || strings.Contains(out, "m3:") || strings.Contains(out, "cruddur: fetched") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestGoFlags(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.program("go", goOf("1.26.1", "auto"))
	out, code := m.run("go", "test", "./...")
	want := "ran test ./... with 0 -buildvcs=false -trimpath "
	if code != 0 || !strings.HasPrefix(out, want) || strings.Count(out, "-trimpath") != 1 {
		t.Errorf("exit code %d, %q, want %q…", code, out, want)
	}
}
