package terminal

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// QuitKey returns a channel that is closed when q is pressed at the terminal. Until restore is called, keys
// are read without Enter and are not echoed; Ctrl-C works as usual. restore puts the terminal's settings
// back. The channel is nil if there is no terminal to read from.
func QuitKey(stdin io.Reader) (quit <-chan struct{}, restore func()) {
	restore = func() {}
	f, ok := stdin.(*os.File)
	if !ok || !Is(f) {
		return nil, restore
	}
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, restore
	}
	keys := *before
	keys.Lflag &^= unix.ICANON | unix.ECHO
	keys.Cc[unix.VMIN], keys.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(fd, setTermios, &keys) != nil {
		return nil, restore
	}
	pressed := make(chan struct{})
	go func() {
		b := make([]byte, 1)
		for {
			n, err := f.Read(b)
			if err != nil {
				return
			}
			if n == 1 && (b[0] == 'q' || b[0] == 'Q') {
				close(pressed)
				return
			}
		}
	}()
	return pressed, func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }
}
