package pgserver

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// answer is yes, no, or that the system does not tell.
type answer int

const (
	unknown answer = iota
	yes
	no
)

// psRunsIn asks ps whether the process is a server of data. It is for systems without /proc, and
// leaves the answer to PostgreSQL when it sees a server but not of what.
func psRunsIn(pid int, data string) answer {
	out, err := exec.Command("ps", "-o", "args=", "-ww", "-p", strconv.Itoa(pid)).Output()
	switch args := string(out); {
	case err != nil:
		return unknown
	case strings.Contains(args, data):
		return yes
	case strings.Contains(args, "postgres"):
		return unknown
	}
	return no
}

// shellWatch starts a shell that reads from a pipe of which this process alone has the other
// end. When that end closes, however this process ended, the shell gives the server the signal
// of a fast shutdown. It is for systems without Pdeathsig.
func shellWatch(pid int) (release func()) {
	r, w, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	cmd := exec.Command("/bin/sh", "-c", `read -r word; [ "$word" = over ] || kill -INT "$1"`, "sh", strconv.Itoa(pid))
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	r.Close()
	if err != nil {
		w.Close()
		return func() {}
	}
	return func() {
		w.WriteString("over\n")
		w.Close()
		cmd.Wait()
	}
}
