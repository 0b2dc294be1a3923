package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as: PostgreSQL refuses to run as root.
type account struct {
	uid, gid int
	name     string
	drop     bool // this process is root and must switch to the user
}

// choose picks the account: an ordinary user keeps their own. Root switches to the owner of the data, else of
// the folder, else postgres, else nobody.
func (h *home) choose() (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		a := account{uid: uid, gid: os.Getegid(), name: userName(uid)}
		if info, err := os.Stat(h.data()); err == nil && ownerOf(info) != uid {
			return a, fmt.Errorf("%s belongs to %s and this is %s; run cruddur as its owner, or choose another folder with CRUDDUR_DATA_DIR",
				h.data(), userName(ownerOf(info)), a.name)
		}
		return a, nil
	}
	for _, path := range []string{h.data(), h.path} {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return account{}, err
		}
		if uid := ownerOf(info); uid != 0 {
			return ownerAccount(uid, groupOf(info)), nil
		}
		if path == h.data() && h.exists {
			return account{}, fmt.Errorf("%s belongs to root, but PostgreSQL does not run as root; give it to its user: chown -R postgres: %s",
				h.data(), shellQuote(h.data()))
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uid, gid: gid, name: name, drop: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; run cruddur as an ordinary user")
}

// ownerAccount returns the account of a folder's owner, with the group of their login: the folder's group may
// be root's.
func ownerAccount(uid, gid int) account {
	a := account{uid: uid, gid: gid, name: userName(uid), drop: true}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		if n, err := strconv.Atoi(u.Gid); err == nil {
			a.gid = n
		}
	}
	return a
}

// attr returns how to start a process of the account: detached from the terminal, whose Ctrl-C must reach
// only cruddur.
func (a account) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// shutOut returns the first folder on the way to path that the account may not enter, by the mode bits, with
// its mode; "" if there is none.
func (a account) shutOut(path string) string {
	var way []string
	for p := path; ; p = filepath.Dir(p) {
		way = append(way, p)
		if p == filepath.Dir(p) {
			break
		}
	}
	for i := len(way) - 1; i >= 0; i-- {
		info, err := os.Stat(way[i])
		if err != nil {
			return ""
		}
		bit := fs.FileMode(0o001)
		switch {
		case ownerOf(info) == a.uid:
			bit = 0o100
		case groupOf(info) == a.gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return fmt.Sprintf("%s (mode %04o, of %s)", way[i], info.Mode().Perm(), userName(ownerOf(info)))
		}
	}
	return ""
}

// ownerOf returns the user id of a file's owner.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// groupOf returns the group id of a file.
func groupOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Gid) }

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "user " + strconv.Itoa(uid)
}

// DefaultDir returns where the data is kept unless an option says otherwise: cruddur in the XDG data
// directory (freedesktop.org, basedir 0.8), but /var/lib/cruddur for root, because the user that PostgreSQL
// then runs as cannot enter root's home. It is "" for a user without a home.
func DefaultDir(getenv func(string) string) string { return defaultDir(getenv, os.Geteuid()) }

func defaultDir(getenv func(string) string, uid int) string {
	if uid == 0 {
		return "/var/lib/cruddur"
	}
	if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "cruddur")
	}
	if d := getenv("HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, ".local", "share", "cruddur")
	}
	return ""
}
