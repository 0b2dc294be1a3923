package pgserver

import (
	"os"
	"strconv"
	"syscall"
)

// dieWithParent makes the kernel send sig to the process when the thread that starts it ends.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// runsIn reports whether the process has data as its working directory, as a server has.
func runsIn(pid int, data string) answer {
	cwd, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil {
		return unknown
	}
	want, err := os.Stat(data)
	if err != nil {
		return unknown
	}
	if os.SameFile(cwd, want) {
		return yes
	}
	return no
}
