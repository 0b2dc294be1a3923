package cli

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkMailbox opens the printed address, which must show the mailbox, and tries what a bare proxy_pass
// of nginx would send for a stranger, which must not.
func checkMailbox(t *testing.T, s *serving, box, dir string) {
	t.Helper()
	if !strings.HasPrefix(box, s.url+"/dev/mailbox?key=") {
		t.Fatalf("the mailbox is said to be at %s", box)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for _, url := range []string{box, s.url + "/dev/mailbox"} {
		res, err := browser.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || res.Request.URL.RawQuery != "" {
			t.Errorf("%s = %d at %s", url, res.StatusCode, res.Request.URL)
		}
	}
	if status, _, _ := s.get("/dev/mailbox"); status != 404 {
		t.Errorf("the mailbox without its key = %d, want 404", status)
	}
	_, key, _ := strings.Cut(box, "key=")
	info, err := os.Stat(filepath.Join(dir, mailboxKey.name))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	if log := strings.ReplaceAll(s.stderr.String(), box, ""); strings.Contains(log, key) {
		t.Errorf("the key stands in the log:\n%s", log)
	}
}

// A key is stored in the folder, and replaced if it is not a valid key or not private.
func TestMailboxKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, mailboxKey.name)
	first, err := mailboxKey.in(dir)
	if err != nil || !mailboxKey.form.MatchString(first) {
		t.Fatalf("mailboxKey.in() = %q, %v", first, err)
	}
	if again, err := mailboxKey.in(dir); again != first || err != nil {
		t.Errorf("the second time %q, %v, want %q", again, err, first)
	}
	for name, spoil := range map[string]func() error{
		"readable for others": func() error { return os.Chmod(file, 0o644) },
		"cut short":           func() error { return os.Truncate(file, 5) },
		"empty":               func() error { return os.Truncate(file, 0) },
		"a link":              func() error { return errors.Join(os.Remove(file), os.Symlink("/etc/hostname", file)) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		key, err := mailboxKey.in(dir)
		if err != nil || !mailboxKey.form.MatchString(key) || key == first {
			t.Errorf("%s: %q, %v, want a new key", name, key, err)
		}
		if info, err := os.Lstat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: the file is %v, %v", name, info, err)
		}
		first = key
	}
	a, _ := mailboxKey.in("")
	if b, _ := mailboxKey.in(""); a == b || !mailboxKey.form.MatchString(a) {
		t.Errorf("without a folder: %q and %q", a, b)
	}
	if _, err := mailboxKey.in(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there gives a key that is not kept, and says nothing")
	}
}
