// Package localhost answers whether a host is this machine, by its name alone: it must not resolve one, for
// what a resolver says can change between two questions.
package localhost

import (
	"net"
	"net/netip"
	"strings"
)

// Is reports whether a host without a port is a loopback address or the name localhost. Whoever connects
// there reaches this machine. An address may stand in brackets. Other spellings that some resolvers take
// ("127.1", "0x7f.1") and the address of all interfaces (0.0.0.0) are not counted, and no host is not
// either.
func Is(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return false
		}
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// IsDatabase is Is for the host of a connection string. There a folder or an abstract name ("@…") is a
// socket of this machine, and no host at all means the default socket.
func IsDatabase(host string) bool {
	return host == "" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || Is(host)
}

// IsRequest is Is for a host, with or without a port, that a client or an operator calls this server by. A
// browser takes every name under .localhost to this machine (RFC 6761). A resolver need not, so this must
// not decide where a connection of ours may go.
func IsRequest(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return Is(host) || strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".localhost")
}
