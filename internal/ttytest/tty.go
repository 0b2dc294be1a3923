// Package ttytest opens pseudo-terminals, for the tests of what a program shows and asks at a terminal.
// Only _test files import it.
package ttytest

import (
	"os"

	"golang.org/x/sys/unix"
)

// Open opens a pseudo-terminal of 50 rows and a number of columns. What is written into control is typed, and what
// is read from it is shown; terminal is the end for the program.
func Open(columns int) (control, terminal *os.File, err error) {
	control, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			control.Close()
		}
	}()
	name, err := unlock(int(control.Fd()))
	if err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetWinsize(int(control.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: uint16(columns)}); err != nil {
		return nil, nil, err
	}
	terminal, err = os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	return control, terminal, err
}
