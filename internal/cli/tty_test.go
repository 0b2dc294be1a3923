package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cruddur/internal/ttytest"
)

// cmdTTY is "tty WIDTH ANSWER CODE program args…": it runs the program on a terminal of that width, types
// the answer (with "" nothing) once the program asks, and wants the exit code. What the terminal shows goes into
// the file screen.
func cmdTTY(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: tty WIDTH ANSWER CODE program args…")
	}
	width, _ := strconv.Atoi(args[0])
	want, _ := strconv.Atoi(args[2])
	control, terminal, err := ttytest.Open(width)
	ts.Check(err)
	defer control.Close()
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	terminal.Close()
	var shown bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		answered := args[1] == ""
		b := make([]byte, 4096)
		for {
			n, err := control.Read(b)
			shown.Write(b[:n])
			if !answered && args[1] == "q" && strings.Contains(shown.String(), "q quits") {
				answered = true
				control.WriteString("q") // without Enter
			}
			if !answered && strings.HasSuffix(shown.String(), ": ") {
				answered = true
				answer := args[1] + "\n"
				if args[1] == "^C" {
					answer = "\x03"
				}
				control.WriteString(answer)
			}
			if err != nil {
				return
			}
		}
	}()
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	timer.Stop()
	<-done
	ts.Check(os.WriteFile(ts.MkAbs("screen"), shown.Bytes(), 0o644))
	ts.Logf("%s", shown.String())
	if got := exitOf(err); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
