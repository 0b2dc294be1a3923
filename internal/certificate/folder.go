package certificate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"cruddur"
	"cruddur/internal/writefile"
)

// maxContent is the most that is read of a file, and what a row of the database may hold, in bytes.
const maxContent = 64 << 10

// Folder is a Store of files that only their owner can read.
type Folder struct{ path string }

// OpenFolder returns a folder, and makes it if it is missing. It refuses one that another user owns or can enter, and
// a link: whoever can write there would choose the certificate.
func OpenFolder(path string) (*Folder, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s, the folder of the certificates, is not a folder of mode 0700 that belongs to this user", path)
	}
	return &Folder{path}, nil
}

// Kept returns the content of a file.
func (f *Folder) Kept(_ context.Context, name string) ([]byte, error) {
	file, err := os.Open(f.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cruddur.NewError(cruddur.KindNotFound).Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxContent))
}

// Keep writes a file, which appears under its name when it is complete.
func (f *Folder) Keep(_ context.Context, name string, content []byte, _ time.Time) error {
	return writefile.All(f.file(name), content, 0o600)
}

// Forget removes a file, if it is there.
func (f *Folder) Forget(_ context.Context, name string) error {
	if err := os.Remove(f.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *Folder) file(name string) string { return filepath.Join(f.path, name) }
