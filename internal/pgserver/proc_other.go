//go:build !linux

package pgserver

import "syscall"

// dieWithParent has no counterpart outside Linux; see watchParent.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// watchParent ends the server when this process has gone.
func watchParent(pid int) (release func()) { return shellWatch(pid) }

// runsIn cannot tell here; PostgreSQL itself then decides by the process number.
func runsIn(int, string) answer { return unknown }
