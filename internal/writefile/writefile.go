// Package writefile writes the files that a command was told to write. A regular file appears under its name
// only when it is complete; anything else with that name (a device, a FIFO, a terminal, standard output) is
// written to directly and never replaced. It must not know the content of the files.
package writefile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// File is a file that is being written. It ends with Commit, or with Discard, which does nothing after a
// Commit.
type File struct {
	path   string // as the caller named it
	target string // the file that is replaced, if one is
	f      *os.File
	temp   bool // f is a temporary file until Commit
	own    bool // f was created or emptied by us, so partial content must be removed
	done   bool
	err    error // the first error of a write
}

// Open begins a file with these permissions. An existing file keeps its own, but if perm gives access
// only to the owner, other users lose theirs. Symbolic links are followed and stay. A FIFO waits for its
// reader, until ctx ends.
func Open(ctx context.Context, path string, perm fs.FileMode) (*File, error) {
	w := &File{path: path}
	if path == "" {
		return nil, errors.New("the name of the file to write is empty")
	}
	var err error
	if fd, ok := descriptor(path, 0); ok {
		w.f, err = duplicate(fd, path)
		return w, err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("it is a folder")}
	case err == nil && !info.Mode().IsRegular():
		w.f, err = openInto(ctx, path, info)
		return w, err
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if w.target, err = behindLinks(path); err != nil {
		return nil, err
	}
	return w, w.begin(info, perm)
}

// begin creates the temporary file that will replace the target or, in a folder where we cannot create one,
// empties the target.
func (w *File) begin(before fs.FileInfo, perm fs.FileMode) error {
	// The name must be unpredictable: in a folder that all users can write to a link could wait there.
	name := filepath.Join(filepath.Dir(w.target), fmt.Sprintf(".%.100s.%s.part", filepath.Base(w.target), rand.Text()))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		if before == nil {
			return &fs.PathError{Op: "write", Path: w.path, Err: cause(err)}
		}
		w.f, err = os.OpenFile(w.target, os.O_WRONLY|os.O_TRUNC, 0)
		w.own = err == nil
		return err
	}
	w.f, w.temp, w.own = f, true, true
	if before == nil {
		return nil
	}
	if perm&0o077 != 0 {
		perm = before.Mode().Perm()
	} else {
		perm &= before.Mode().Perm()
	}
	if s, ok := before.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		_ = f.Chown(int(s.Uid), int(s.Gid)) // root overwrites another user's file: the owner stays
	}
	if err := f.Chmod(perm); err != nil {
		w.Discard()
		return err
	}
	return nil
}

// Write writes to the file. It keeps the first error, because in a pipe between two programs only a broken
// pipe would be seen.
func (w *File) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err == nil {
		return n, nil
	}
	err = w.wrong(err)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// Err returns the first error of a write, with the file's name.
func (w *File) Err() error { return w.err }

// Commit makes the file appear under its name, after it is on the disk.
func (w *File) Commit() error {
	if w.done {
		return nil
	}
	err := w.err
	if err == nil && w.own {
		err = w.wrong(w.f.Sync())
	}
	if err != nil {
		w.Discard()
		return err
	}
	w.done = true
	if err := w.f.Close(); err != nil {
		w.remove()
		return w.wrong(err)
	}
	if !w.temp {
		return nil
	}
	err = os.Rename(w.f.Name(), w.target)
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) { // a file system is mounted on it
		err = copyInto(w.target, w.f.Name())
		os.Remove(w.f.Name())
	}
	if err != nil {
		w.remove()
		return w.wrong(err)
	}
	return nil
}

// Discard ends the file: no partial content stays under its name.
func (w *File) Discard() {
	if w.done {
		return
	}
	w.done = true
	if w.own && !w.temp {
		_ = w.f.Truncate(0) // a FIFO has no length
	}
	w.f.Close()
	w.remove()
}

func (w *File) remove() {
	if w.temp {
		os.Remove(w.f.Name())
	}
}

func (w *File) wrong(err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "write", Path: w.path, Err: cause(err)}
}

// cause returns an error without the name of our temporary file.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}

// All writes a file in one go.
func All(path string, content []byte, perm fs.FileMode) error {
	w, err := Open(context.Background(), path, perm)
	if err != nil {
		return err
	}
	defer w.Discard()
	if _, err := w.Write(content); err != nil {
		return w.Err()
	}
	return w.Commit()
}

// descriptorRule matches a name for a file that this process already has open.
var descriptorRule = regexp.MustCompile(`^/(?:dev|proc/self|proc/thread-self|proc/[0-9]+)/fd/([0-9]+)$`)

// descriptor follows links to a file that is already open, such as /dev/stdout: that file is used as it is,
// at its current position, and must not be opened a second time.
func descriptor(path string, depth int) (fd int, ok bool) {
	abs, err := filepath.Abs(path)
	if err != nil || depth > 40 {
		return 0, false
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	if m := descriptorRule.FindStringSubmatch(abs); m != nil {
		if dir := filepath.Dir(filepath.Dir(abs)); dir != "/dev" && dir != "/proc/self" && dir != "/proc/thread-self" && dir != fmt.Sprintf("/proc/%d", os.Getpid()) {
			return 0, false
		}
		fd, err = strconv.Atoi(m[1])
		return fd, err == nil
	}
	next, err := os.Readlink(abs)
	if err != nil {
		return 0, false
	}
	if !filepath.IsAbs(next) {
		next = filepath.Join(filepath.Dir(abs), next)
	}
	return descriptor(next, depth+1)
}

func duplicate(fd int, path string) (*os.File, error) {
	again, err := syscall.Dup(fd)
	if err != nil {
		return nil, &fs.PathError{Op: "write", Path: path, Err: err}
	}
	syscall.CloseOnExec(again)
	return os.NewFile(uintptr(again), path), nil
}

// openInto opens a file that is not a regular file. Opening a FIFO would block in the system, where Ctrl-C
// has no effect, so it is retried without blocking.
func openInto(ctx context.Context, path string, info fs.FileInfo) (*os.File, error) {
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return os.OpenFile(path, os.O_WRONLY, 0)
	}
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) { // any error except that no process reads
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// behindLinks returns the file that a name finally leads to, also if a link points to a file that does not
// exist yet.
func behindLinks(path string) (string, error) {
	for range 40 {
		next, err := os.Readlink(path)
		if err != nil {
			return path, nil // not a link
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", &fs.PathError{Op: "write", Path: path, Err: syscall.ELOOP}
}

func copyInto(target, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err != nil {
		_ = out.Truncate(0) // the error that is returned came first
	}
	return errors.Join(err, out.Sync(), out.Close())
}
