// Package writefile writes the files that a command was told to write. A regular file appears under its name
// only when it is whole; whatever else has that name (a device, a FIFO, a terminal, standard output) is
// written into and never replaced. It must not know what the files hold.
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

// File is a file that is being written. It ends with Commit, or with Discard, which after a Commit does
// nothing.
type File struct {
	path   string // as it was named
	target string // what is replaced, where it is replaced
	f      *os.File
	temp   bool // f is a file of its own until Commit
	own    bool // f was made or emptied by us, so what is partial in it must go
	done   bool
	err    error // of the first write that failed
}

// Open begins a file with these permissions; one that is there keeps its own, as far as perm lets anybody
// but the owner see it at all. Symbolic links are followed and stay. A FIFO waits for its reader, until ctx
// ends.
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

// begin makes the file that will take the target's place, or, in a folder that lets us make none, empties
// the target.
func (w *File) begin(before fs.FileInfo, perm fs.FileMode) error {
	// No name that can be guessed: in a folder of everybody's a link could lie there.
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
		_ = f.Chown(int(s.Uid), int(s.Gid)) // root overwrites somebody's file: it stays his
	}
	if err := f.Chmod(perm); err != nil {
		w.Discard()
		return err
	}
	return nil
}

// Write writes. The first error is kept: of a pipe between two programs only a broken pipe would be seen.
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

// Err is the first error of a write, with the file's name.
func (w *File) Err() error { return w.err }

// Commit makes the file appear under its name, once it is on the disk.
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
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) { // something is mounted on it
		err = copyInto(w.target, w.f.Name())
		os.Remove(w.f.Name())
	}
	if err != nil {
		w.remove()
		return w.wrong(err)
	}
	return nil
}

// Discard ends the file: nothing partial stays under its name.
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

// cause is an error without the name of the file that only we know.
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

// descriptorRule is a name for a file that this process has open already.
var descriptorRule = regexp.MustCompile(`^/(?:dev|proc/self|proc/thread-self|proc/[0-9]+)/fd/([0-9]+)$`)

// descriptor follows links as far as a file that is open already, such as /dev/stdout: it is used as it is,
// with its place in the file, and must not be opened a second time.
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

// openInto opens what is no regular file. Opening a FIFO would wait in the system, deaf to Ctrl-C, so it is
// asked again and again.
func openInto(ctx context.Context, path string, info fs.FileInfo) (*os.File, error) {
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return os.OpenFile(path, os.O_WRONLY, 0)
	}
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) { // nobody reads
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// behindLinks is the file that a name means in the end, also where a link points to one that is yet to be
// made.
func behindLinks(path string) (string, error) {
	for range 40 {
		next, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
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
