package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// memoryDisk is where Linux keeps files in memory. Creating a database is some 350 files, and most of the time of
// a test that asks little.
const memoryDisk = "/dev/shm"

// memoryNeeded is what must be free there, in bytes: several test binaries run at once, and each may hold a
// few databases and a gigabyte of PostgreSQL's log of changes.
const memoryNeeded = 4 << 30

const folderPrefix = "cruddur-test-"

// makeFolder makes this test binary's folder: in memory if there is room, otherwise among the temporary files.
func makeFolder() (string, error) {
	parent := os.TempDir()
	var disk syscall.Statfs_t
	if syscall.Statfs(memoryDisk, &disk) == nil && disk.Bavail*uint64(disk.Bsize) >= memoryNeeded {
		sweepFolders(memoryDisk)
		parent = memoryDisk
	}
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
	if err != nil && parent == memoryDisk {
		dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
	}
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711) // under root the server runs as another user, who must be able to enter
}

// sweepFolders removes what test binaries that were killed have left, so that it does not fill the memory. A
// server that still runs there ends when it misses its own lock file, within a minute.
func sweepFolders(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	for _, dir := range left {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), folderPrefix), "-")
		pid, err := strconv.Atoi(owner)
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}
