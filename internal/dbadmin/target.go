package dbadmin

import (
	"slices"
	"strings"

	"cruddur"
	"cruddur/internal/conninfo"
	"cruddur/internal/localhost"
)

// DefaultDatabase is the database if a URL names none. The server's default, a database with the user's name,
// is never used.
const DefaultDatabase = "cruddur"

// Target is one database as the operator has named it.
type Target struct {
	Name        string // "prod", an environment's name, or "" if none was named
	Source      string // where the URL comes from: CONNECTION_URL, --url, the private PostgreSQL
	Environment string // what its marker will say: production, development …
	Private     bool   // on cruddur's own server
	Defaulted   bool   // the URL gave no database, so it is DefaultDatabase
	Info        *conninfo.Info
}

// NewTarget reads a URL. production is PROD_CONNECTION_URL, or "": the same database under another name is
// production too.
func NewTarget(name, source, url, production string) (*Target, error) {
	info, err := conninfo.Parse(url)
	if err != nil {
		return nil, fail(cruddur.KindInvalid, source+" is not a usable connection URL", unwrapKind(err), "")
	}
	t := &Target{Name: name, Source: source, Info: info, Environment: "development"}
	config, err := info.Config()
	if err != nil {
		return nil, err
	}
	if config.Database == "" {
		t.Info, t.Defaulted = info.With("dbname", DefaultDatabase), true
	} else if info.Get("dbname") == "" {
		t.Info = info.With("dbname", config.Database) // PGDATABASE
	}
	switch {
	case name == "prod" || name == "production" || name == "PROD":
		t.Environment = "production"
	case name != "":
		t.Environment = strings.ToLower(name)
	case samePlace(t.Info, production) || !t.local():
		t.Environment = "production"
	}
	return t, nil
}

// unwrapKind removes the word for the kind from an error that gets a better text.
func unwrapKind(err error) error {
	if e, ok := err.(*cruddur.Error); ok && e.Unwrap() != nil {
		return e.Unwrap()
	}
	return err
}

// Database is the name of the target's database.
func (t *Target) Database() string { return t.Info.Get("dbname") }

// Command returns the cruddur db command line for the same target, for advice to the operator.
func (t *Target) Command(rest string) string {
	switch {
	case t.Name == "prod":
		return "cruddur db " + rest + " prod"
	case t.Name != "":
		return "cruddur db " + rest + " --env " + t.Name
	case t.Source == "--url":
		return "cruddur db " + rest + " --url …"
	}
	return "cruddur db " + rest
}

// reasons lists why the target is protected, judged from the URL alone; empty means unprotected.
func (t *Target) reasons(production string) []string {
	var why []string
	if t.Name == "prod" || t.Environment == "production" && t.Name != "" {
		why = append(why, "it was named "+t.Name)
	}
	for _, host := range t.hosts() {
		switch {
		case strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".rds.amazonaws.com"):
			why = append(why, "its host "+host+" is on Amazon RDS")
		case !localhost.IsDatabase(host):
			why = append(why, "its host "+host+" is not this machine")
		}
	}
	if t.Name != "prod" && samePlace(t.Info, production) {
		why = append(why, "PROD_CONNECTION_URL names the same database")
	}
	return why
}

func (t *Target) local() bool {
	return !slices.ContainsFunc(t.hosts(), func(host string) bool { return !localhost.IsDatabase(host) })
}

// hosts returns every name and address that decides where a connection goes.
func (t *Target) hosts() []string {
	list := strings.Split(t.Info.Get("host"), ",")
	for a := range strings.SplitSeq(t.Info.Get("hostaddr"), ",") {
		if a != "" {
			list = append(list, a)
		}
	}
	return list
}

// samePlace reports whether both name the same database on the same server, whatever else differs.
func samePlace(info *conninfo.Info, url string) bool {
	if url == "" {
		return false
	}
	other, err := conninfo.Parse(url)
	if err != nil {
		return false
	}
	a, errA := info.Config()
	b, errB := other.Config()
	if errA != nil || errB != nil {
		return false
	}
	if b.Database == "" {
		b.Database = DefaultDatabase
	}
	if a.Database != b.Database {
		return false
	}
	for _, x := range places(info) {
		for _, y := range places(other) {
			if x == y {
				return true
			}
		}
	}
	return false
}

// places returns the host:port pairs of a connection string, with one spelling for this machine.
func places(info *conninfo.Info) []string {
	hosts := info.Hosts()
	list := make([]string, len(hosts))
	for i, one := range hosts {
		config, err := one.Config()
		if err != nil {
			continue
		}
		host := strings.ToLower(config.Host)
		if address := one.Get("hostaddr"); address != "" {
			host = address
		}
		if localhost.IsDatabase(host) && !strings.HasPrefix(host, "/") {
			host = "localhost"
		}
		list[i] = host + ":" + itoa(int64(config.Port))
	}
	return list
}
