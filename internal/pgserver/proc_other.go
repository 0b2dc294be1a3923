//go:build !linux

package pgserver

import "syscall"

// dieWithParent has no counterpart outside Linux: an initdb whose cruddur was killed runs to its own end
// there.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// runsIn reports whether the process is the server of data.
func runsIn(pid int, data string) answer { return psRunsIn(pid, data) }
