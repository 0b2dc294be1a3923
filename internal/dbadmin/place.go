package dbadmin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/conninfo"
)

// place is what only the connected server can tell: where it is, and whose database it holds.
type place struct {
	reasons    []string // why it is protected
	production bool     // it is the database that PROD_CONNECTION_URL leads to
	unknown    string   // why nobody can tell whether it is; "" where that is known
}

// Identify asks the connected server where it is, once: a name, a tunnel or a forwarded port may lead
// elsewhere than it says. A database that is not there yet is judged by its server.
func (a *Admin) Identify(ctx context.Context) error {
	if a.place != nil {
		return nil
	}
	conn, err := a.Connect(ctx)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		conn, err = a.maintain(ctx)
	}
	if err != nil {
		return err
	}
	defer closing(ctx, conn)
	return a.identify(ctx, conn)
}

func (a *Admin) identify(ctx context.Context, conn *pgx.Conn) error {
	if a.place != nil {
		return nil
	}
	p := &place{}
	if !a.Private {
		elsewhere, err := a.elsewhere(ctx, conn)
		if err != nil {
			return err
		}
		if elsewhere != "" {
			p.reasons = append(p.reasons, elsewhere)
		}
	}
	if err := a.compare(ctx, conn, p); err != nil {
		return err
	}
	if p.production && a.Name == "" {
		t := *a.Target
		t.Environment = "production"
		a.Target = &t
	}
	a.place = p
	return nil
}

// elsewhere says where a connection leads whose host names this machine and which ends on another one.
func (a *Admin) elsewhere(ctx context.Context, conn *pgx.Conn) (string, error) {
	remote, tcp := conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr)
	if !tcp || !a.local() {
		return "", nil // a socket, or a host that is a reason by itself
	}
	dialed := remote.AddrPort().Addr().Unmap()
	if !ownAddress(dialed) {
		return fmt.Sprintf("its host %s leads to %s, which is not this machine", a.Info.Get("host"), dialed), nil
	}
	var text *string
	if err := conn.QueryRow(ctx, "select host(inet_server_addr())").Scan(&text); err != nil || text == nil {
		return "", err
	}
	server, err := netip.ParseAddr(*text)
	if err != nil || ownAddress(server.Unmap()) || ownBridge(server.Unmap()) {
		return "", nil
	}
	return fmt.Sprintf("its host %s leads to a server at %s, which is not this machine", a.Info.Get("host"), server), nil
}

// ownAddress reports whether an address is this machine's: a loopback one, or that of an interface.
func ownAddress(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(own net.Addr) bool {
		prefix, err := netip.ParsePrefix(own.String())
		return err == nil && prefix.Addr().Unmap() == a
	})
}

// bridges are the first letters of interfaces behind which containers of this machine live.
var bridges = []string{"docker", "br-", "podman", "cni", "virbr", "lxcbr", "lxdbr", "incusbr"}

// ownBridge reports whether an address is that of a container on this machine.
func ownBridge(a netip.Addr) bool {
	interfaces, err := net.Interfaces()
	if err != nil {
		return false
	}
	for _, i := range interfaces {
		if !slices.ContainsFunc(bridges, func(b string) bool { return strings.HasPrefix(i.Name, b) }) {
			continue
		}
		addrs, _ := i.Addrs()
		for _, own := range addrs {
			if prefix, err := netip.ParsePrefix(own.String()); err == nil && prefix.Masked().Contains(a) {
				return true
			}
		}
	}
	return false
}

// compareTimeout bounds the look at production, which an operator's laptop can often not reach.
const compareTimeout = 5 * time.Second

// compare looks whether PROD_CONNECTION_URL leads to the same database, by whatever way. The system
// identifier is made by initdb and shared by a server and its copies alone.
func (a *Admin) compare(ctx context.Context, conn *pgx.Conn, p *place) error {
	if a.Production == "" || a.Name == "prod" || samePlace(a.Info, a.Production) {
		return nil // nothing to compare with, or known already
	}
	here, err := identifier(ctx, conn)
	if err != nil {
		return err
	}
	other, err := conninfo.Parse(a.Production)
	if err != nil {
		p.unknown = "PROD_CONNECTION_URL cannot be used"
		return nil
	}
	there, database, err := a.production(ctx, other)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		p.unknown = "the server of PROD_CONNECTION_URL does not answer"
	case here == "" || there == "":
		p.unknown = "the server does not tell its system identifier"
	case here == there && database == a.Database():
		p.production = true
		p.reasons = append(p.reasons, "PROD_CONNECTION_URL leads to the same database")
	}
	return nil
}

// production reads the identity of the database that PROD_CONNECTION_URL leads to.
func (a *Admin) production(ctx context.Context, info *conninfo.Info) (system, database string, err error) {
	ctx, cancel := context.WithTimeout(ctx, compareTimeout)
	defer cancel()
	config, err := info.Config()
	if err != nil {
		return "", "", err
	}
	if config.Database == "" {
		config.Database = DefaultDatabase
	}
	a.prepare(config)
	database = config.Database
	conn, err := pgx.ConnectConfig(ctx, config)
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "3D000" {
		config.Database = "postgres" // the server is enough
		conn, err = pgx.ConnectConfig(ctx, config)
	}
	if err != nil {
		return "", "", err
	}
	defer closing(ctx, conn)
	system, err = identifier(ctx, conn)
	return system, database, err
}

// identifier is the system identifier of the cluster, "" where the role may not know it.
func identifier(ctx context.Context, conn *pgx.Conn) (string, error) {
	var id string
	err := conn.QueryRow(ctx, "select system_identifier::text from pg_control_system()").Scan(&id)
	if isPermission(err) {
		return "", nil
	}
	return id, err
}
