package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"regexp"

	"cruddur/internal/request"
)

// mailboxKeyName is the file in the private server's folder that keeps the key of the mailbox, so that a
// browser that has opened it once can open it after a restart too.
const mailboxKeyName = "mailbox-key"

var mailboxKeyForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// mailboxKey is what the printed address of the mailbox holds. It alone opens the mailbox: an address
// proves nobody to be at this machine, for a proxy on it has the same one, and may rewrite every header.
// Without a folder of our own the key is new at each start.
func mailboxKey(dir string) (string, error) {
	if dir == "" {
		return rand.Text(), nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	for range 2 {
		key, err := readKey(root)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
		if key, err = writeKey(root); !errors.Is(err, fs.ErrExist) {
			return key, err
		}
	}
	return "", fmt.Errorf("%s comes and goes", mailboxKeyName)
}

func readKey(root *os.Root) (string, error) {
	info, err := root.Lstat(mailboxKeyName)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", fs.ErrNotExist // a link, or readable for others: it is made anew
	}
	f, err := root.Open(mailboxKeyName)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return "", err
	}
	if !mailboxKeyForm.Match(b) {
		return "", fs.ErrNotExist // cut short by a full disk
	}
	return string(b), nil
}

func writeKey(root *os.Root) (string, error) {
	if err := root.Remove(mailboxKeyName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	f, err := root.OpenFile(mailboxKeyName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	key := rand.Text() // 128 bits
	_, err = f.WriteString(key)
	return key, errors.Join(err, f.Close())
}

// openMailbox makes the key where mails that are not sent have a page. They have none behind a public
// address, whose operator has the log.
func (s *service) openMailbox() error {
	u, err := url.Parse(s.options.backendURL)
	if s.mailbox == nil || err != nil || !request.LocalHost(u.Host) {
		return nil
	}
	dir := s.db.dir()
	if s.mailboxKey, err = mailboxKey(dir); err == nil {
		return nil
	}
	s.log.Warn("the key of the mailbox cannot be kept, so the next start has another", "dir", dir, "err", err)
	s.mailboxKey, err = mailboxKey("")
	return err
}
