// Package mototest finds and starts moto, somebody else's emulator of AWS, and finds the AWS CLI, for the tests of
// what talks to Amazon and of the commands that are printed for it.
// Only _test files import it. It must not touch the system's Python: what is missing is installed into
// a folder of its own.
package mototest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Version is what is installed where there is none; AWSVersion that of the AWS CLI.
const (
	Version    = "5.2.1"
	AWSVersion = "1.45.11"
)

// Find returns the path of moto_server, which it installs into a virtual environment of the user's cache
// where it is not on the PATH. The error says why it cannot be had here.
var Find = sync.OnceValues(func() (string, error) { return find("moto_server", "moto-"+Version, "moto[server]=="+Version) })

// FindAWS returns the path of the AWS CLI in the same way.
var FindAWS = sync.OnceValues(func() (string, error) { return find("aws", "awscli-"+AWSVersion, "awscli=="+AWSVersion) })

func find(command, folder, wanted string) (string, error) {
	if path, err := exec.LookPath(command); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "cruddur-test", folder)
	program := filepath.Join(dir, "bin", command)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	// Tests of several packages may want it at the same time: one installs, the others wait.
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	for _, words := range [][]string{
		{"python3", "-m", "venv", dir},
		{filepath.Join(dir, "bin", "pip"), "install", "--quiet", wanted},
	} {
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			os.RemoveAll(dir)
			return "", fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, out)
		}
	}
	return program, nil
}
