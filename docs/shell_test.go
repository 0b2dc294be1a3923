package docs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"cruddur/internal/ttytest"
)

// columns is the width of the terminal: that of a line of these pages.
const columns = 120

// shell is one sh on a terminal of its own, for all blocks of a page.
type shell struct {
	cmd     *exec.Cmd
	orders  *os.File // what sh reads
	control *os.File // the person's end of the terminal
	output  chan []byte
	file    string
}

// mark is printed after each command, with its exit code.
const mark = "\x1e"

func startShell(t testing.TB, dir, scratch string, env []string) *shell {
	t.Helper()
	control, terminal, err := ttytest.Open(columns)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	s := &shell{cmd: exec.Command("/bin/sh"), orders: write, control: control, output: make(chan []byte), file: filepath.Join(scratch, "command")}
	s.cmd.Dir, s.cmd.Env = dir, env
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = read, terminal, terminal
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.output)
		for {
			b := make([]byte, 4096)
			n, err := control.Read(b)
			if err != nil {
				return
			}
			s.output <- b[:n]
		}
	}()
	t.Cleanup(func() { s.end(t) })
	return s
}

// end ends what the page has left running: the shell's process group, first by asking.
func (s *shell) end(t testing.TB) {
	t.Helper()
	group := -s.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	s.orders.Close()
	ended := make(chan struct{})
	go func() {
		for range s.output { // ends when nobody has the terminal any more
		}
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Errorf("what the page has started goes on after SIGTERM")
		_ = syscall.Kill(group, syscall.SIGKILL)
	}
	_ = s.cmd.Wait() // ended by a signal: that is no news
	s.control.Close()
}

// run runs a command and returns the lines that are on the terminal afterwards. typed is entered when the command
// asks, that is when the last line ends with ": ".
func (s *shell) run(command, typed string) (lines []string, code int, err error) {
	if err := os.WriteFile(s.file, []byte(command+"\n"), 0o600); err != nil {
		return nil, 0, err
	}
	if _, err := fmt.Fprintf(s.orders, ". '%s' </dev/tty; printf '\\036%%d\\n' $?\n", s.file); err != nil {
		return nil, 0, err
	}
	var all []byte
	for limit := time.After(time.Minute); ; {
		select {
		case b, ok := <-s.output:
			if !ok {
				return screen(all), 0, errors.New("the shell has ended")
			}
			all = append(all, b...)
		case <-limit:
			return screen(all), 0, errors.New("the command goes on after a minute")
		}
		if output, rest, ok := bytes.Cut(all, []byte(mark)); ok && bytes.HasSuffix(rest, []byte("\n")) {
			code, err := strconv.Atoi(string(bytes.TrimSpace(rest)))
			return screen(output), code, err
		}
		if typed != "" && bytes.HasSuffix(all, []byte(": ")) {
			if _, err := s.control.WriteString(typed + "\n"); err != nil {
				return nil, 0, err
			}
			typed = ""
		}
	}
}

// screen is what a terminal shows of an output: a carriage return goes back, and what follows is written over.
func screen(output []byte) (lines []string) {
	var line []rune
	column := 0
	for len(output) > 0 {
		if output[0] == 0x1b { // CSI … letter
			i := bytes.IndexFunc(output, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
			if i < 0 {
				break
			}
			if output[i] == 'K' && column < len(line) {
				line = line[:column]
			}
			output = output[i+1:]
			continue
		}
		r, size := utf8.DecodeRune(output)
		output = output[size:]
		switch r {
		case '\r':
			column = 0
		case '\n':
			lines = append(lines, strings.TrimRight(string(line), " "))
			line, column = nil, 0
		default:
			for len(line) <= column {
				line = append(line, ' ')
			}
			line[column] = r
			column++
		}
	}
	if len(line) > 0 {
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return lines
}
