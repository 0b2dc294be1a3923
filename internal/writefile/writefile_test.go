package writefile_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/writefile"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name()+" "+e.Type().String())
	}
	return names
}

func TestRegular(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"first, which is longer", "second"} {
		if err := writefile.All(path, []byte(text), 0o600); err != nil || content(t, path) != text {
			t.Errorf("All(%q) = %v, the file is %q", text, err, content(t, path))
		}
	}
	for _, test := range []struct{ before, perm, want os.FileMode }{
		{0o640, 0o644, 0o640}, {0o664, 0o644, 0o664}, {0o644, 0o600, 0o600}, {0o400, 0o600, 0o400},
	} {
		os.Chmod(path, test.before)
		err := writefile.All(path, []byte("x"), test.perm)
		info, _ := os.Stat(path)
		if err != nil || info.Mode() != test.want {
			t.Errorf("over a file of %v with %v: %v, mode %v, want %v", test.before, test.perm, err, info.Mode(), test.want)
		}
	}
	if diff := cmp.Diff([]string{"f ----------"}, listing(t, dir)); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

// Until it is whole there is nothing under its name, and what was there stays.
func TestDiscard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, before := range []string{"", "before"} {
		if before != "" {
			os.WriteFile(path, []byte(before), 0o600)
		}
		w, err := writefile.Open(t.Context(), path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "partial")
		got, err := os.ReadFile(path)
		if string(got) != before {
			t.Errorf("while it is written: %q, %v, want %q", got, err, before)
		}
		w.Discard()
		got, _ = os.ReadFile(path)
		if string(got) != before {
			t.Errorf("discarded: %q, want %q", got, before)
		}
	}
	if diff := cmp.Diff([]string{"f ----------"}, listing(t, dir)); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

// A link stays one, and what it points to gets the content, also where that is yet to be made.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "real"), 0o700)
	os.WriteFile(filepath.Join(dir, "real/old"), []byte("old"), 0o600)
	for name, to := range map[string]string{"a": "real/old", "b": "a", "c": "real/new", "d": filepath.Join(dir, "real/absolute")} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"a": "real/old", "b": "real/old", "c": "real/new", "d": "real/absolute"} {
		if err := writefile.All(filepath.Join(dir, link), []byte(link), 0o600); err != nil {
			t.Errorf("%s: %v", link, err)
		}
		if info, _ := os.Lstat(filepath.Join(dir, link)); info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s is no link any more but %v", link, info.Mode())
		}
		if got := content(t, filepath.Join(dir, target)); got != link {
			t.Errorf("%s: the target is %q", link, got)
		}
	}
	os.Symlink("round", filepath.Join(dir, "round"))
	if err := writefile.All(filepath.Join(dir, "round"), nil, 0o600); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself: %v", err)
	}
}

func TestFIFO(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		b, _ := os.ReadFile(path)
		got <- string(b)
	}()
	long := strings.Repeat("x", 1<<20)
	if err := writefile.All(path, []byte(long), 0o600); err != nil || <-got != long {
		t.Errorf("All() = %v", err)
	}
	if diff := cmp.Diff([]string{"fifo p---------"}, listing(t, dir)); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := writefile.Open(ctx, path, 0o600); !errors.Is(err, context.Canceled) {
		t.Errorf("without a reader, interrupted: %v", err)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"/dev/null", filepath.Join(dir, "null")} {
		if path != "/dev/null" {
			if err := os.Symlink("/dev/null", path); err != nil {
				t.Fatal(err)
			}
		}
		if err := writefile.All(path, []byte("gone"), 0o600); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("/dev/null is %v, %v", info, err)
	}
	if err := writefile.All("/dev/full", []byte("x"), 0o600); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "write /dev/full: no space left on device") {
		t.Errorf("a full device: %v", err)
	}
}

// Standard output may be a file that holds something already, or a pipe: it is written where it stands.
func TestDescriptor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	io.WriteString(f, "before ")
	name := filepath.Join("/dev/fd", strconv.Itoa(int(f.Fd())))
	link := filepath.Join(dir, "link")
	os.Symlink(name, link)
	for _, path := range []string{name, link} {
		if err := writefile.All(path, []byte("dump "), 0o600); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	io.WriteString(f, "after")
	if got := content(t, f.Name()); got != "before dump dump after" {
		t.Errorf("the file holds %q", got)
	}
	if _, err := writefile.Open(t.Context(), "/dev/fd/999", 0o600); err == nil {
		t.Error("a descriptor that is closed was opened")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writefile.All(dir, nil, 0o600); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if err := writefile.All(filepath.Join(dir, "none/f"), nil, 0o600); err == nil || strings.Contains(err.Error(), ".part") {
		t.Errorf("in a folder that is not there: %v", err)
	}
	if err := writefile.All("", nil, 0o600); err == nil {
		t.Error("no name: nil")
	}
}
