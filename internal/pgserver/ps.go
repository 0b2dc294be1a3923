package pgserver

import (
	"os/exec"
	"strconv"
	"strings"
)

// answer is yes, no, or unknown.
type answer int

const (
	unknown answer = iota
	yes
	no
)

// psRunsIn asks ps whether the process is a server of data. It is for systems without /proc, and returns
// unknown if it sees a server but not its data.
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
