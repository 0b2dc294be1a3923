package mototest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// notRun is what a test says, loudly, where moto or the AWS CLI is not to be had.
const notRun = "\n\n*** THIS PART DID NOT RUN: %s\n*** %s is not here and pip cannot install it:\n*** %v\n\n"

func need(t testing.TB, name string, find func() (string, error)) (path string, ok bool) {
	t.Helper()
	path, err := find()
	if err != nil {
		message := fmt.Sprintf(notRun, t.Name(), name, err)
		fmt.Fprint(os.Stderr, message)
		t.Log(message)
		return "", false
	}
	return path, true
}

// Start starts a moto_server of the test's own and returns its address. ok is false where it is not there
// and pip cannot install it, and then the test has said so.
func Start(t testing.TB) (endpoint string, ok bool) {
	t.Helper()
	program, ok := need(t, "moto_server", Find)
	if !ok {
		return "", false
	}
	// moto takes a port and cannot choose one: another program may have it by the time moto listens.
	for range 3 {
		if endpoint, ok = start(t, program); ok {
			return endpoint, true
		}
	}
	t.Fatal("moto_server does not start, with three ports")
	return "", false
}

func start(t testing.TB, program string) (endpoint string, ok bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	endpoint = "http://127.0.0.1:" + port
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	cmd.Dir = t.TempDir()
	log := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // the process has its own
	cmd.Stdout, cmd.Stderr = file, file
	said := func() string {
		b, err := os.ReadFile(log)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
		if text := said(); t.Failed() {
			t.Logf("moto_server said:\n%s", text[max(0, len(text)-4000):])
		}
	})
	// Its own word is asked for too: on a port that somebody was quicker to take, somebody else answers.
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if strings.Contains(said(), "Running on "+endpoint) {
			if res, err := http.Get(endpoint + "/moto-api/data.json"); err == nil {
				res.Body.Close()
				return endpoint, true
			}
		}
		select {
		case <-exited:
			t.Logf("moto_server ended:\n%s", said())
			return "", false
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("moto_server does not answer:\n%s", said())
		}
	}
}
