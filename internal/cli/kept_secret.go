package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
)

// keptSecret is a secret that serve makes once and keeps in a file in the private server's folder, readable
// only by its owner.
type keptSecret struct {
	name string         // of the file
	form *regexp.Regexp // matches a complete secret of at most 64 bytes; one that a full disk has cut short is replaced
	make func() string
}

// in returns the secret of a folder, and makes it if there is none. Even with an error it returns a secret;
// that one is not stored. With dir "" it is not stored either.
func (k keptSecret) in(dir string) (string, error) {
	if dir == "" {
		return k.make(), nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return k.make(), err
	}
	defer root.Close()
	for range 2 {
		secret, err := k.read(root)
		if errors.Is(err, fs.ErrNotExist) {
			secret, err = k.write(root)
			if errors.Is(err, fs.ErrExist) {
				continue // another process made it first
			}
		}
		if err != nil {
			return k.make(), err
		}
		return secret, nil
	}
	return k.make(), fmt.Errorf("%s appears and disappears", k.name)
}

func (k keptSecret) read(root *os.Root) (string, error) {
	info, err := root.Lstat(k.name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", fs.ErrNotExist // a link, or readable by others: it is replaced
	}
	f, err := root.Open(k.name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return "", err
	}
	if !k.form.Match(b) {
		return "", fs.ErrNotExist
	}
	return string(b), nil
}

func (k keptSecret) write(root *os.Root) (string, error) {
	if err := root.Remove(k.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	f, err := root.OpenFile(k.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	secret := k.make()
	_, err = f.WriteString(secret)
	return secret, errors.Join(err, f.Close())
}
