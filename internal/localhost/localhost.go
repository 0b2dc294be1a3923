// Package localhost reports whether a host is this machine, judged by its name alone: it must not resolve names,
// because a resolver's answer can change between two queries.
package localhost

import (
	"net"
	"net/netip"
	"strings"
)

// Is reports whether a host without a port is a loopback address or the name localhost. Connections to it reach this
// machine. An address may be in brackets. It is false for other spellings that some resolvers accept ("127.1",
// "0x7f.1"), for the address of all interfaces (0.0.0.0) and for an empty host.
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

// IsDatabase is Is for the host of a connection string. There a folder or an abstract name ("@…") is a socket of this
// machine, and an empty host means the default socket.
func IsDatabase(host string) bool {
	return host == "" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || Is(host)
}

// IsRequest is Is for a host, with or without a port, that a client or an operator uses for this server. Browsers
// connect every name under .localhost to this machine (RFC 6761). Resolvers need not, so do not use IsRequest to
// decide where our own connections may go.
func IsRequest(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return Is(host) || strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".localhost")
}
