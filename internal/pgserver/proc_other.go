//go:build !linux

package pgserver

import "syscall"

// dieWithParent has no counterpart outside Linux; see watchParent.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// watchParent ends the server when this process has gone.
func watchParent(pid int) (release func()) { return shellWatch(pid) }

// runsIn reports whether the process is the server of data.
func runsIn(pid int, data string) answer { return psRunsIn(pid, data) }
