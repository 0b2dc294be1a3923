package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/mototest"
	"cruddur/internal/pgserver"
	"cruddur/internal/pgtest"
)

// needs are what a page may name after "runs with":
//
//   - private: the private PostgreSQL runs already, and so the commands do not start it one by one
//   - production: a PostgreSQL over TCP, postgresql://postgres:secret@127.0.0.1:5432 in the page
//   - moto: AWS_ENDPOINT_URL leads to an empty account, and aws is on the PATH
//   - cognito: cognito-local at http://127.0.0.1:9229, with the pool local_AbCdEfGh, the app client 1example23456789, and a
//     trigger at 127.0.0.1:9001
var needs = []string{"private", "production", "moto", "cognito"}

// sandbox is what a page runs in: a clone of the repository, whose bin/cruddur is built, an empty HOME, and servers.
type sandbox struct {
	clone, scratch string
	env            []string
	real, shown    *strings.Replacer // from the page to this run, and back
}

// newSandbox makes one. ok is false where a need cannot be had here, and then the test has said so.
func newSandbox(t testing.TB, wanted []string) (s *sandbox, ok bool) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cruddur-docs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s = &sandbox{clone: filepath.Join(dir, "cruddur"), scratch: filepath.Join(dir, "scratch")}
	home, datadir := filepath.Join(dir, "home"), filepath.Join(dir, "data")
	_ = os.Chmod(dir, 0o711) // as root the server runs as another user, who must get through
	for _, d := range []string{s.clone, s.scratch, home, filepath.Join(s.clone, "bin"), filepath.Join(dir, "tools")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	linkClone(t, s.clone)
	host := ""
	var pairs []string // what the page shows, and what it is in this run
	if slices.Contains(wanted, "production") {
		production := pgtest.StartStrict(t)
		host, _, _ = strings.Cut(production.Address, ":")
		user, _, _ := strings.Cut(strings.TrimPrefix(production.URL("postgres", ""), "postgresql://"), "@")
		pairs = append(pairs, "postgres:secret@", user+"@")
	} else {
		host = pgtest.LoopbackAddress(t)
	}
	if slices.Contains(wanted, "private") {
		startPrivate(t, datadir)
	}
	s.env = []string{
		"HOME=" + home, "PATH=" + filepath.Join(dir, "tools") + ":" + os.Getenv("PATH"), "TERM=xterm", "NO_COLOR=1", "LANG=C.UTF-8", "TZ=UTC", "USER=you",
		"CRUDDUR_DATA_DIR=" + datadir, "CRUDDUR_LISTEN=" + host + ":4567", "CRUDDUR_ADMIN_LISTEN=" + host + ":4568", "CRUDDUR_POSTGRES_BIN=" + os.Getenv("CRUDDUR_POSTGRES_BIN"),
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	if slices.Contains(wanted, "moto") {
		endpoint, ok := mototest.Start(t)
		if !ok {
			return nil, false
		}
		if !linkAWS(t, filepath.Join(dir, "tools", "aws")) {
			return nil, false
		}
		s.env = append(s.env, "AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=ca-central-1")
	}
	if slices.Contains(wanted, "cognito") {
		pool := cognitotest.Start(t, cognitotest.Options{TriggerURL: "http://" + host + ":9001", FunctionName: "cruddur-post-confirm"})
		pairs = append(pairs, "http://127.0.0.1:9229", pool.Endpoint, "local_AbCdEfGh", pool.ID, "1example23456789", pool.ClientID)
		if err := os.Symlink(filepath.Join(pool.Folder(), ".cognito"), filepath.Join(s.clone, ".cognito")); err != nil {
			t.Fatal(err)
		}
	}
	pairs = append(pairs, "127.0.0.1", host)
	s.real = strings.NewReplacer(pairs...)
	s.shown = strings.NewReplacer(append(swapped(pairs), home, "~", datadir, "~/.local/share/cruddur", s.clone, "~/cruddur")...)
	return s, true
}

func swapped(pairs []string) (back []string) {
	for i := 0; i < len(pairs); i += 2 {
		back = append(back, pairs[i+1], pairs[i])
	}
	return back
}

// linkClone fills the folder that stands for a clone: bin/cruddur and links to what the repository holds.
func linkClone(t testing.TB, clone string) {
	t.Helper()
	top, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(clone, "bin", "cruddur")); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "bin" || e.Name() == "tmp" || e.Name() == ".git" {
			continue
		}
		if err := os.Symlink(filepath.Join(top, e.Name()), filepath.Join(clone, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// linkAWS writes an aws that finds its Python whatever HOME is.
func linkAWS(t testing.TB, path string) bool {
	t.Helper()
	program, ok := mototest.AWS(t)
	if !ok {
		return false
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\nHOME='"+os.Getenv("HOME")+"' exec '"+program+"' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return true
}

// startPrivate starts the private PostgreSQL as cruddur would, but for what reaches the disk.
func startPrivate(t testing.TB, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := pgserver.Start(ctx, pgserver.Config{
		Dir: dir, Bin: os.Getenv("CRUDDUR_POSTGRES_BIN"),
		Settings: map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "timezone": "UTC"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// binary is cruddur, built once for all pages.
var binary string

func build(dir string) error {
	binary = filepath.Join(dir, "cruddur")
	cmd := exec.Command("scripts/go", "build", "-ldflags", "-s -w", "-o", binary, "./cmd/cruddur")
	cmd.Dir, cmd.Stdout, cmd.Stderr = "..", os.Stdout, os.Stderr
	return cmd.Run()
}
