package conninfo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgservicefile"
)

// resolve fills in what the connection string leaves open, in libpq's order: a service file, then the
// environment. The connection string always takes precedence. After that, nothing outside c decides where a
// connection goes.
func (c *Info) resolve() error {
	service := first(c.values["service"], os.Getenv("PGSERVICE"))
	path := first(c.values["servicefile"], os.Getenv("PGSERVICEFILE"))
	delete(c.values, "service")
	delete(c.values, "servicefile")
	given := maps.Clone(c.values)
	if service != "" {
		settings, err := readService(path, service)
		if err != nil {
			return err
		}
		for k, v := range settings {
			c.fill(k, v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(parameters)) {
		if env := parameters[k].env; env != "" {
			c.fill(k, os.Getenv(env))
		}
	}
	// A socket's folder is on this machine: an address from the service file or the environment must not lead
	// elsewhere.
	if strings.HasPrefix(given["host"], "/") && given["hostaddr"] == "" {
		delete(c.values, "hostaddr")
	}
	// A given address disables a default host name, because the name may belong to another machine.
	if given["hostaddr"] != "" && given["host"] == "" {
		delete(c.values, "host")
	}
	return nil
}

func (c *Info) fill(keyword, value string) {
	if keyword == "database" {
		keyword = "dbname"
	}
	if _, ok := c.values[keyword]; !ok {
		c.set(keyword, value)
	}
}

// systemServiceFolders are where packages put pg_service.conf; PGSYSCONFDIR names another folder.
var systemServiceFolders = []string{"/etc/postgresql-common", "/etc/sysconfig/pgsql", "/etc"}

// readService looks for a service as libpq does: in the named file or otherwise the user's own, then in the
// system's.
func readService(path, service string) (map[string]string, error) {
	named := path != ""
	if !named {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, ".pg_service.conf")
		}
	}
	folders := systemServiceFolders
	if dir := os.Getenv("PGSYSCONFDIR"); dir != "" {
		folders = []string{dir}
	}
	paths := []string{path}
	for _, dir := range folders {
		paths = append(paths, filepath.Join(dir, "pg_service.conf"))
	}
	for i, path := range paths {
		file, err := pgservicefile.ReadServicefile(path)
		if errors.Is(err, fs.ErrNotExist) && !(named && i == 0) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the service file: %w", err)
		}
		for _, s := range file.Services {
			if s.Name == service {
				return s.Settings, nil
			}
		}
	}
	return nil, fmt.Errorf("the service %q is not in %s", service, strings.Join(paths, ", "))
}

// judge applies [parameter] to every value.
func (c *Info) judge() error {
	if c.values["ssl"] == "true" || c.values["requiressl"] == "1" {
		c.fill("sslmode", "require")
		delete(c.values, "ssl")
	}
	delete(c.values, "requiressl")
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		p, known := parameters[k]
		if !known {
			continue // the server checks its settings itself
		}
		keep, word, err := p.judge(k, c.values[k])
		if err != nil {
			return err
		}
		if !keep {
			delete(c.values, k)
		}
		if word != "" {
			c.Dropped = append(c.Dropped, word)
		}
	}
	if err := c.checkAddresses(); err != nil {
		return err
	}
	c.checkPassfile()
	return nil
}

// checkAddresses checks that there is one address for each host.
func (c *Info) checkAddresses() error {
	if c.values["hostaddr"] == "" {
		return nil
	}
	addresses := strings.Split(c.values["hostaddr"], ",")
	for _, a := range addresses {
		if _, err := netip.ParseAddr(a); a != "" && err != nil {
			return errors.New("the parameter hostaddr must be an IP address; put a name into host")
		}
	}
	if hosts := c.values["host"]; hosts != "" && len(strings.Split(hosts, ",")) != len(addresses) {
		return fmt.Errorf("there are %d host names and %d addresses", len(strings.Split(hosts, ",")), len(addresses))
	}
	return nil
}

// checkPassfile leaves out a password file that others may read: libpq refuses it, so the programs would have
// no password while the driver has one.
func (c *Info) checkPassfile() {
	if c.values["password"] != "" {
		return
	}
	path := c.values["passfile"]
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return
		}
		path = filepath.Join(home, ".pgpass")
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 || os.PathSeparator != '/' {
		return
	}
	c.values["passfile"] = os.DevNull
	c.Dropped = append(c.Dropped, fmt.Sprintf("the password file %s is not used, because users other than its owner may read it: chmod 600 %[1]s", path))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
