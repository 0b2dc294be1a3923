package ttytest

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unlock makes the other end of a pseudo-terminal usable and returns its name, as grantpt, unlockpt
// and ptsname of macOS do.
func unlock(fd int) (name string, err error) {
	var path [128]byte
	for _, request := range []uintptr{unix.TIOCPTYGRANT, unix.TIOCPTYUNLK, unix.TIOCPTYGNAME} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&path))); e != 0 {
			return "", e
		}
	}
	end := max(0, bytes.IndexByte(path[:], 0))
	return string(path[:end]), nil
}
