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

// place is what only the connected server can tell: where it is, and which database this is.
type place struct {
	reasons    []string // why it is protected
	production bool     // it is the database of PROD_CONNECTION_URL
	unknown    string   // why that is unknown; "" if it is known
}

// Identify asks the connected server once where it is: a host name, a tunnel or a forwarded port may lead to
// another place than it says. A database that does not exist yet is judged by its server.
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

// elsewhere returns a text if the connection's host names this machine but the connection ends on another
// one.
func (a *Admin) elsewhere(ctx context.Context, conn *pgx.Conn) (string, error) {
	remote, tcp := conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr)
	if !tcp || !a.local() {
		return "", nil // a socket, or a host that alone is a reason for protection
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

// ownAddress reports whether an address belongs to this machine: a loopback address, or that of an interface.
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

// bridges are the prefixes of the names of interfaces that lead to containers on this machine.
var bridges = []string{"docker", "br-", "podman", "cni", "virbr", "lxcbr", "lxdbr", "incusbr"}

// ownBridge reports whether an address belongs to a container on this machine.
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

// compareTimeout limits the connection to production, which an operator's laptop often cannot reach.
const compareTimeout = 5 * time.Second

// compare finds out whether PROD_CONNECTION_URL leads to the same database, on whatever way. initdb makes the
// system identifier; only a server and its copies share it.
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
		p.unknown = "the server does not show its system identifier"
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
		config.Database = "postgres" // only the server matters
		conn, err = pgx.ConnectConfig(ctx, config)
	}
	if err != nil {
		return "", "", err
	}
	defer closing(ctx, conn)
	system, err = identifier(ctx, conn)
	return system, database, err
}

// identifier returns the system identifier of the cluster, or "" if the role may not read it.
func identifier(ctx context.Context, conn *pgx.Conn) (string, error) {
	var id string
	err := conn.QueryRow(ctx, "select system_identifier::text from pg_control_system()").Scan(&id)
	if isPermission(err) {
		return "", nil
	}
	return id, err
}
