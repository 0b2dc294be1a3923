package guard

import (
	"context"
	"errors"
	"os"
	"time"

	"cruddur/internal/dbadmin"
)

// kept is how many automatic dumps of a database are kept.
const kept = 10

// Dumps keeps the automatic dumps in the folder cruddur/backups of the XDG state directory.
type Dumps struct {
	Admin  *dbadmin.Admin
	Tools  dbadmin.Tools
	Getenv func(string) string
}

// Dump makes a dump and returns its path and its size in bytes.
func (d *Dumps) Dump(ctx context.Context) (path string, size int64, err error) {
	dir, err := stateDir(d.Getenv)
	if err != nil {
		return "", 0, err
	}
	return d.Admin.Backup(ctx, d.Tools, dir+"/backups", kept, time.Now())
}

// stateDir returns cruddur's folder in the XDG state directory.
func stateDir(getenv func(string) string) (string, error) {
	if d := getenv("XDG_STATE_HOME"); len(d) > 0 && d[0] == os.PathSeparator {
		return d + "/cruddur", nil
	}
	if home := getenv("HOME"); home != "" {
		return home + "/.local/state/cruddur", nil
	}
	return "", errors.New("no folder for backups: neither XDG_STATE_HOME nor HOME is set")
}
