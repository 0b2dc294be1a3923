package dbadmin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// CheckStatus is the outcome of one check.
type CheckStatus string

// The outcomes of a check. For a check that could not be made, Found gives the reason.
const (
	CheckOK      CheckStatus = "ok"
	CheckWarn    CheckStatus = "warn"
	CheckFail    CheckStatus = "fail"
	CheckSkipped CheckStatus = "skipped"
	CheckFixed   CheckStatus = "fixed"
)

// Check is one finding of the doctor.
type Check struct {
	Name    string      `json:"name"`
	Status  CheckStatus `json:"status"`
	Found   string      `json:"found"`
	Fix     string      `json:"fix"`     // what to do; "" if nothing needs to be done
	Fixable bool        `json:"fixable"` // doctor --fix can repair it
	repair  func(context.Context, *Admin) error
}

// DoctorOptions choose how to examine. IdleLimit is one minute if it is zero.
type DoctorOptions struct {
	Now       time.Time
	IdleLimit time.Duration // report a transaction that is idle for longer
	Fix       bool          // make the safe repairs
}

// Doctor checks the target from the outside in: name, network, TLS, password, database, then its content. It
// changes nothing unless Fix is set: then it makes the safe repairs.
func (a *Admin) Doctor(ctx context.Context, tools Tools, o DoctorOptions) ([]Check, error) {
	list, conn := a.reach(ctx)
	if conn == nil {
		return list, ctx.Err()
	}
	defer closing(ctx, conn)
	for _, check := range checks {
		c := check.run(ctx, &patient{a, conn, tools, o})
		c.Name = check.name
		list = append(list, c)
		if ctx.Err() != nil {
			return list, ctx.Err()
		}
	}
	if !o.Fix {
		return list, nil
	}
	for i, c := range list {
		if c.repair == nil || c.Status != CheckWarn && c.Status != CheckFail {
			continue
		}
		if err := c.repair(ctx, a); err != nil {
			list[i].Found += "; the fix failed: " + strings.ReplaceAll(explain(err), "\n", " ")
			continue
		}
		list[i].Status = CheckFixed
	}
	return list, ctx.Err()
}

// patient holds what a check works with.
type patient struct {
	*Admin
	conn  *pgx.Conn
	tools Tools
	DoctorOptions
}

// checks are the checks that need a connection, in the order of the report.
var checks = []struct {
	name string
	run  func(context.Context, *patient) Check
}{
	{"tls", checkTLS},
	{"writable", checkWritable},
	{"role", checkRole},
	{"client tools", checkTools},
	{"marker", checkMarker},
	{"migrations", checkMigrations},
	{"timezone", checkTimezone},
	{"schema public", checkPublic},
	{"indexes", checkIndexes},
	{"expiry index", checkExpiryIndex},
	{"planner", checkPlanner},
	{"clock", checkClock},
	{"expired rows", checkExpired},
	{"idle in transaction", checkIdle},
	{"connections", checkConnections},
	{"statistics", checkStatements},
	{"transaction ids", checkWraparound},
	{"collation", checkCollation},
}

func ok(format string, args ...any) Check {
	return Check{Status: CheckOK, Found: fmt.Sprintf(format, args...)}
}

func bad(status CheckStatus, fix, format string, args ...any) Check {
	return Check{Status: status, Found: fmt.Sprintf(format, args...), Fix: fix}
}

// cannot returns the outcome of a check that itself failed.
func cannot(err error) Check {
	return Check{Status: CheckSkipped, Found: strings.ReplaceAll(explain(err), "\n", " ")}
}

// fixable lets doctor --fix do it.
func (c Check) fixable(repair func(context.Context, *Admin) error) Check {
	c.Fixable, c.repair = true, repair
	return c
}

// reach makes the checks on the way to a connection; nil is no connection.
func (a *Admin) reach(ctx context.Context) ([]Check, *pgx.Conn) {
	list := []Check{{Name: "url", Status: CheckOK, Found: a.Info.Masked()}}
	if len(a.Info.Dropped) > 0 {
		list[0] = Check{Name: "url", Status: CheckWarn, Found: strings.Join(a.Info.Dropped, "; "), Fix: "correct " + a.Source}
	}
	conn, err := a.connectTo(ctx, a.Database())
	if err == nil {
		return append(list, a.reached(conn)), conn
	}
	c := a.unreached(err)
	if e, ok := errors.AsType[*UnusableError](a.unusable(ctx, err)); ok {
		list = append(list, Check{Name: "server", Status: CheckOK, Found: a.Where() + " answers"})
		c = Check{Name: "state", Status: CheckFail, Found: strings.ReplaceAll(e.Error(), "\n", "; "), Fix: e.next}
	}
	if c.Name == "database" {
		list = append(list, Check{Name: "server", Status: CheckOK, Found: a.Where() + " answers"})
	}
	return append(list, c), nil
}

func (a *Admin) reached(conn *pgx.Conn) Check {
	version := conn.PgConn().ParameterStatus("server_version")
	version, _, _ = strings.Cut(version, " ")
	return Check{Name: "server", Status: CheckOK, Found: fmt.Sprintf("PostgreSQL %s on %s", version, a.Where())}
}

// unreached names the step on which the connection failed.
func (a *Admin) unreached(err error) Check {
	found := strings.ReplaceAll(explain(err), "\n", " ")
	c := Check{Name: "server", Status: CheckFail, Found: found, Fix: "start the server, or correct host and port in " + a.Source}
	pe, isServer := errors.AsType[*pgconn.PgError](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	var timeout net.Error
	switch {
	case isServer && pe.Code == "3D000":
		return Check{Name: "database", Status: CheckFail, Found: found, Fix: a.Command("prepare")}
	case isServer && (pe.Code == "28P01" || pe.Code == "28000"):
		return Check{Name: "password", Status: CheckFail, Found: found, Fix: "correct user and password in " + a.Source + ", or as another role: " + a.Command("roles rotate "+a.user())}
	case isServer && pe.Code == "53300":
		return Check{Name: "connections", Status: CheckFail, Found: found, Fix: "as a superuser: " + a.Command("sessions --kill --idle-for 10m")}
	case isServer:
		return c
	case isDNS:
		c.Name, c.Fix = "host", "correct the host in "+a.Source+": "+dns.Name+" has no address"
	case errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded):
		c.Found, c.Fix = "no answer from "+a.Where(), "a firewall drops the packets; on RDS allow this address: cruddur rds allow-ip"
	case errors.Is(err, os.ErrNotExist):
		c.Fix = "there is no server's socket in that folder; start the server, or correct the folder in " + a.Source
	case strings.Contains(found, "tls") || strings.Contains(found, "x509") || strings.Contains(found, "certificate"):
		c.Name, c.Fix = "tls", "name the file of CA certificates with sslrootcert=FILE; Amazon's are at https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
	}
	return c
}

// tlsOf returns the TLS version of a connection, or "" for none. It is read on the client's side, because a
// pooler between us and the server may end TLS.
func tlsOf(conn *pgx.Conn) string {
	if c, ok := conn.PgConn().Conn().(*tls.Conn); ok {
		return tls.VersionName(c.ConnectionState().Version)
	}
	return ""
}

func checkTLS(ctx context.Context, p *patient) Check {
	version := tlsOf(p.conn)
	mode := p.Info.Get("sslmode")
	if mode == "" {
		mode = "prefer"
	}
	const fix = "add sslmode=verify-full&sslrootcert=FILE to "
	switch {
	case p.local():
		if elsewhere, err := p.elsewhere(ctx, p.conn); err != nil || elsewhere == "" {
			return ok("not needed: the server is on this machine")
		}
		return ok("not needed on the way to this machine; a tunnel or a proxy forwards the connection")
	case version == "":
		return bad(CheckFail, fix+p.Source, "off: password and data are sent over the network unencrypted")
	case mode != "verify-full" && mode != "verify-ca":
		return bad(CheckWarn, fix+p.Source, "%s, but with sslmode=%s the server's certificate is not verified", version, mode)
	}
	return ok("%s, %s", version, mode)
}

func checkWritable(ctx context.Context, p *patient) Check {
	why, err := readOnly(ctx, p.conn)
	switch {
	case err != nil:
		return cannot(err)
	case why != "":
		return bad(CheckFail, "point "+p.Source+" to the primary; of several hosts target_session_attrs=read-write finds it",
			"the server is %s: posts are refused and expired rows are not deleted", why)
	}
	return ok("the server accepts writes")
}

func checkRole(ctx context.Context, p *patient) Check {
	var name string
	var super, createRole, createDB bool
	err := p.conn.QueryRow(ctx, "select rolname::text, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = session_user").
		Scan(&name, &super, &createRole, &createDB)
	switch {
	case err != nil:
		return cannot(err)
	case super && p.Private:
		return ok("%s, the superuser of the private server", name)
	case super:
		return bad(CheckWarn, "make a role for serve: "+p.Command("roles create cruddur_app --app")+", and put it into "+p.Source, "%s is a superuser: an attacker who takes over serve controls the whole server", name)
	case createRole || createDB:
		return ok("%s is not a superuser, but may create roles or databases", name)
	}
	return ok("%s is not a superuser", name)
}

func checkTools(ctx context.Context, p *patient) Check {
	major, err := p.serverMajor(ctx)
	if err != nil {
		return cannot(err)
	}
	for _, program := range []string{"psql", "pg_dump", "pg_restore"} {
		want := major
		if program == "psql" {
			want = 0
		}
		if _, err := p.tools.Find(ctx, program, want); err != nil {
			missing, _ := errors.AsType[*MissingTool](err)
			what, _, _ := strings.Cut(err.Error(), "\n")
			return bad(CheckWarn, missing.Install, "%s", what)
		}
	}
	return ok("psql, pg_dump and pg_restore support PostgreSQL %d", major)
}

func checkMarker(ctx context.Context, p *patient) Check {
	m, err := marker(ctx, p.conn)
	if err := p.identify(ctx, p.conn); err != nil {
		return cannot(err)
	}
	why := append(p.reasons(p.Production), p.place.reasons...)
	switch {
	case err != nil:
		return cannot(err)
	case m == nil && len(why) > 0:
		return bad(CheckWarn, p.Command("protect"), "none, although %s", why[0])
	case m == nil:
		return ok("none")
	case p.Environment == "production" && p.Name != "" && m.Environment != "production":
		return bad(CheckWarn, "is this the right database? if so: "+p.Command("protect"), "the database says %s, the URL is for %s", m.Environment, p.Environment)
	case p.Name != "" && p.Environment != "production" && m.Environment == "production":
		return bad(CheckFail, "correct "+p.Source, "the database says production, the URL is for %s", p.Environment)
	case m.Protected || m.Environment == "production":
		return ok("%s, protected", m.Environment)
	}
	return ok("%s", m.Environment)
}

func checkMigrations(ctx context.Context, p *patient) Check {
	list, err := p.Migrator().Status(ctx)
	if err != nil {
		return cannot(err)
	}
	by := map[string][]string{}
	for _, m := range list {
		by[string(m.State)] = append(by[string(m.State)], strings.TrimSuffix(m.Name, ".sql"))
	}
	for _, state := range []string{"edited", "out of order"} {
		if names := by[state]; names != nil {
			return bad(CheckFail, "see "+p.Command("migrate verify"), "%s: %s", state, strings.Join(names, ", "))
		}
	}
	if names := by["pending"]; names != nil {
		return bad(CheckFail, p.Command("migrate"), "pending: %s", strings.Join(names, ", "))
	}
	if names := by["unknown"]; names != nil {
		return bad(CheckWarn, "use the version of cruddur that applied them", "applied, but unknown to this binary: %s", strings.Join(names, ", "))
	}
	return ok("%d applied, none pending", len(list))
}

// Unreached reports whether a report ends without a connection, and returns the kind of the failure.
func Unreached(list []Check) (cruddur.Kind, bool) {
	last := list[len(list)-1]
	if last.Status != CheckFail || len(list) > 3 {
		return "", false
	}
	if last.Name == "database" {
		return cruddur.KindNotFound, true
	}
	return cruddur.KindUnavailable, true
}
