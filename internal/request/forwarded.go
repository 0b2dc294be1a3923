package request

import (
	"net/http"
	"net/netip"
	"strings"
)

// Origin returns the client's address, and whether it uses TLS to the outermost proxy or to us.
//
// A header counts only when the connection comes from a trusted proxy, and of its list only the part that trusted
// proxies wrote: the client is the rightmost address that is not trusted. Everything to the left of it was sent by
// the client. If X-Forwarded-For and Forwarded (RFC 7239) disagree, the proxy passed one of them through unread, so
// both are ignored and the proxy itself counts as the client.
func Origin(r *http.Request, trusted []netip.Prefix) (client netip.Addr, secure bool) {
	peer := peerOf(r.RemoteAddr)
	secure = r.TLS != nil
	if len(trusted) == 0 || !isTrusted(peer, trusted) {
		return peer, secure
	}
	older, newer := r.Header["X-Forwarded-For"], r.Header["Forwarded"]
	client = peer
	switch {
	case len(older) > 0 && len(newer) > 0:
		a := rightmost(peer, addressList(older), trusted)
		if a == rightmost(peer, forwardedFor(newer), trusted) {
			client = a
		}
	case len(older) > 0:
		client = rightmost(peer, addressList(older), trusted)
	case len(newer) > 0:
		client = rightmost(peer, forwardedFor(newer), trusted)
	}
	return client, secure || forwardedHTTPS(r.Header)
}

func peerOf(remote string) netip.Addr {
	if p, err := netip.ParseAddrPort(remote); err == nil {
		return p.Addr().Unmap()
	}
	a, _ := netip.ParseAddr(remote)
	return a.Unmap()
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	a = a.Unmap().WithZone("")
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// rightmost walks the hops, nearest first. An entry that is not an address ends the walk at the hop that reported it,
// because the clients behind it cannot be distinguished.
func rightmost(peer netip.Addr, hops []string, trusted []netip.Prefix) netip.Addr {
	last := peer
	for i := len(hops) - 1; i >= 0; i-- {
		a, ok := parseHop(hops[i])
		if !ok {
			return last
		}
		if !isTrusted(a, trusted) {
			return a
		}
		last = a
	}
	return last
}

// parseHop reads an address with or without a port; IPv6 with a port has brackets.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), true
	}
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().Unmap(), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			a, err := netip.ParseAddr(inner)
			return a.Unmap(), err == nil
		}
	}
	return netip.Addr{}, false
}

// addressList joins all lines of a header into one comma-separated list.
func addressList(lines []string) []string { return strings.Split(strings.Join(lines, ","), ",") }

// forwardedFor lists the for= of each element of Forwarded; "" for an element without one.
func forwardedFor(lines []string) []string {
	var hops []string
	for _, element := range splitQuoted(strings.Join(lines, ","), ',') {
		hops = append(hops, parameter(element, "for"))
	}
	return hops
}

// parameter returns the value of a parameter of one element, without quotes.
func parameter(element, name string) string {
	for _, pair := range splitQuoted(element, ';') {
		k, v, ok := strings.Cut(pair, "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), name) {
			v = strings.TrimSpace(v)
			if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
				v = strings.ReplaceAll(v[1:len(v)-1], `\`, "")
			}
			return v
		}
	}
	return ""
}

// splitQuoted splits at sep outside of quotes.
func splitQuoted(s string, sep byte) []string {
	var out []string
	from, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// forwardedHTTPS reports whether, according to the nearest proxy, its client used HTTPS.
func forwardedHTTPS(h http.Header) bool {
	if lines := h["X-Forwarded-Proto"]; len(lines) > 0 {
		list := addressList(lines)
		return strings.EqualFold(strings.TrimSpace(list[len(list)-1]), "https")
	}
	if lines := h["Forwarded"]; len(lines) > 0 {
		list := splitQuoted(strings.Join(lines, ","), ',')
		return strings.EqualFold(parameter(list[len(list)-1], "proto"), "https")
	}
	return false
}
