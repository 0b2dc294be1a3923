package dbadmin

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur/internal/pgtest"
)

// byAnotherName is the same database by another way: through a link to the folder of its socket.
func byAnotherName(t *testing.T, rawURL string) string {
	t.Helper()
	config, err := pgx.ParseConfig(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "place-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	link := filepath.Join(dir, "s")
	if err := os.Symlink(config.Host, link); err != nil {
		t.Fatal(err)
	}
	target := admin(t, rawURL)
	return target.Info.With("host", link).DSN()
}

// The servers decide whether a target is production: the same database under any name is, another one on the
// same server is not, and if it is unknown the result says so.
func TestCompareWithProduction(t *testing.T) {
	t.Parallel()
	here, other := pgtest.EmptyURL(t), pgtest.EmptyURL(t)
	alias := byAnotherName(t, here)
	for name, tt := range map[string]struct {
		production string
		is         bool
		unknown    string
	}{
		"none":                           {"", false, ""},
		"the same by another name":       {alias, true, ""},
		"another database of the server": {byAnotherName(t, other), false, ""},
		"a database that is not there":   {admin(t, alias).Info.With("dbname", "nowhere").DSN(), false, ""},
		"a server that does not answer":  {"postgresql:///cruddur?host=/nowhere&user=me", false, "does not answer"},
		"no URL":                         {"postgresql://%zz", false, "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := admin(t, here)
			a.Production = tt.production
			if err := a.Identify(t.Context()); err != nil {
				t.Fatal(err)
			}
			reasons := strings.Join(a.place.reasons, "; ")
			if a.place.production != tt.is || strings.Contains(reasons, "the same database") != tt.is {
				t.Errorf("production %v, because %q", a.place.production, reasons)
			}
			if !strings.Contains(a.place.unknown, tt.unknown) || tt.unknown == "" && a.place.unknown != "" {
				t.Errorf("unknown: %q, want %q", a.place.unknown, tt.unknown)
			}
			if (a.Environment == "production") != tt.is {
				t.Errorf("the environment is %s", a.Environment)
			}
			first := a.place
			if err := a.Identify(t.Context()); err != nil || a.place != first {
				t.Errorf("it is asked twice: %v", err)
			}
		})
	}
	t.Run("a name that the operator has given stays", func(t *testing.T) {
		t.Parallel()
		target, err := NewTarget("staging", "--env", here, "")
		if err != nil {
			t.Fatal(err)
		}
		a := New(target, alias)
		if err := a.Identify(t.Context()); err != nil || !a.place.production || a.Environment != "staging" {
			t.Errorf("production %v, environment %s, %v", a.place.production, a.Environment, err)
		}
	})
	t.Run("prod is production without a question", func(t *testing.T) {
		t.Parallel()
		target, err := NewTarget("prod", "--env", here, "")
		if err != nil {
			t.Fatal(err)
		}
		a := New(target, "postgresql:///cruddur?host=/nowhere&user=me")
		if err := a.Identify(t.Context()); err != nil || a.place.unknown != "" || a.place.production {
			t.Errorf("%+v, %v", a.place, err)
		}
	})
	t.Run("a target that is not there is judged by its server", func(t *testing.T) {
		t.Parallel()
		a := admin(t, admin(t, here).Info.With("dbname", "nowhere").DSN())
		a.Production = admin(t, alias).Info.With("dbname", "nowhere").DSN()
		if err := a.Identify(t.Context()); err != nil || !a.place.production {
			t.Errorf("%+v, %v", a.place, err)
		}
	})
}

// tcp is a connection to a socket that says it goes to another address.
type tcp struct {
	net.Conn
	to netip.AddrPort
}

func (c tcp) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.to) }

// A name of this machine that leads to another one, by a forwarded port or a line in /etc/hosts, protects.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	here := pgtest.EmptyURL(t)
	config, err := pgx.ParseConfig(here)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	for to, want := range map[string]string{
		"127.0.0.1:5432":          "",
		"[::1]:5432":              "",
		"[::ffff:127.0.0.1]:5432": "",
		"192.0.2.7:5432":          "leads to 192.0.2.7, which is not this machine",
		"[2001:db8::7]:5432":      "leads to 2001:db8::7",
		"[::ffff:192.0.2.7]:5432": "leads to 192.0.2.7",
	} {
		for _, private := range []bool{false, true} {
			a := admin(t, admin(t, here).Info.With("host", "localhost").DSN())
			a.Private = private
			a.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return tcp{conn, netip.MustParseAddrPort(to)}, err
			}
			if err := a.Identify(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(a.place.reasons, "; ")
			if private {
				if got != "" {
					t.Errorf("cruddur's own server at %s: %q", to, got)
				}
				continue
			}
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("localhost at %s: %q, want %q", to, got, want)
			}
		}
	}
	a := admin(t, here) // a socket
	if err := a.Identify(t.Context()); err != nil || len(a.place.reasons) > 0 {
		t.Errorf("by a socket: %+v, %v", a.place, err)
	}
}

func TestOwnAddress(t *testing.T) {
	t.Parallel()
	for a, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "192.0.2.7": false, "2001:db8::7": false, "0.0.0.0": false} {
		if got := ownAddress(netip.MustParseAddr(a)); got != want {
			t.Errorf("ownAddress(%s) = %v", a, got)
		}
		if ownBridge(netip.MustParseAddr(a)) && !want {
			t.Errorf("ownBridge(%s)", a)
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range addrs {
		if prefix, err := netip.ParsePrefix(own.String()); err == nil && !ownAddress(prefix.Addr().Unmap()) {
			t.Errorf("ownAddress(%v), an interface's, = false", prefix.Addr())
		}
	}
}
