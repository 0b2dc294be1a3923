package mototest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	//go:embed aws_ready.py
	awsReady string
	//go:embed aws_call.py
	awsCall string
)

// AWS returns the path of the AWS CLI. ok is false where it is not there and pip cannot install it, and then
// the test has said so.
//
// A command of the AWS CLI is a second of Python's imports before it begins. For the tests it is loaded once, and each
// command is a fork of that process. An AWS CLI that brings a Python of its own, as version 2 does, is called as it is.
func AWS(t testing.TB) (path string, ok bool) {
	t.Helper()
	program, ok := need(t, "aws", FindAWS)
	if !ok {
		return "", false
	}
	ready.Do(func() { ready.path = startReady(program) })
	if ready.path == "" {
		return program, true
	}
	return ready.path, true
}

var ready struct {
	sync.Once
	path  string
	stdin io.WriteCloser // the process ends when this is closed, with this program or when nothing knows it any more
}

// startReady starts the process that has loaded the AWS CLI, which ends with this one, and returns the path of an aws
// that calls it; "" if this cannot be had.
func startReady(program string) string {
	python := pythonOf(program)
	if python == "" {
		return ""
	}
	dir, err := os.MkdirTemp("", "cruddur-aws-")
	if err != nil {
		return ""
	}
	server := filepath.Join(dir, "ready.py")
	path := filepath.Join(dir, "aws")
	for file, text := range map[string]string{server: awsReady, path: "#!" + python + " -IS\n" + awsCall} {
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			return ""
		}
	}
	cmd := exec.Command(python, "-I", server, filepath.Join(dir, "socket"))
	if ready.stdin, err = cmd.StdinPipe(); err != nil {
		return ""
	}
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return ""
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
		return ""
	}
	return path
}

// pythonOf returns the Python that has this AWS CLI's code, in the same version, or "".
func pythonOf(program string) string {
	said, err := exec.Command(program, "--version").CombinedOutput()
	version, _, _ := strings.Cut(strings.TrimPrefix(string(said), "aws-cli/"), " ")
	if err != nil {
		return ""
	}
	beside := filepath.Join(filepath.Dir(program), "python3")
	for _, python := range []string{beside, "python3"} {
		out, err := exec.Command(python, "-I", "-c", "import sys, socket, awscli.clidriver; socket.send_fds; print(awscli.__version__, sys.executable)").Output()
		same, path, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		if err == nil && same == version && filepath.IsAbs(path) && len(path) < 100 && !strings.Contains(path, " ") {
			return path
		}
	}
	fmt.Fprintln(os.Stderr, "mototest: the AWS CLI has a Python of its own and is loaded anew for each command")
	return ""
}
