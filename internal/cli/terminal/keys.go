package terminal

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// QuitKey is closed when somebody at the terminal presses q. restore gives the terminal its ways back: until
// then keys come without Enter and are not shown, and Ctrl-C works as ever. Without a terminal to read from
// the channel is nil.
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
