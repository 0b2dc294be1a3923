package request

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Local reports whether a person at this very machine asks, for what nobody else may see. An address of
// loopback is not enough: a proxy on this machine that was never named as trusted has it too, and so has
// a page of a foreign site whose name leads to 127.0.0.1 (DNS rebinding), which shows in Host.
func Local(r *http.Request) bool {
	if !Client(r.Context()).Unmap().IsLoopback() {
		return false
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via", "X-Forwarded-Host"} {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return LocalHost(r.Host)
}

// LocalHost reports whether a host, with or without a port, is a name of this machine for itself.
func LocalHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}
