package rds

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"cruddur"
)

// AddressSources answer a GET with the caller's public address as text. They have two different operators, so that a
// single lying or hijacked source cannot admit anybody.
var AddressSources = []string{"https://checkip.amazonaws.com", "https://icanhazip.com"}

// cgnat is shared by many customers of one provider (RFC 6598): no connection from it reaches RDS, and a rule for it
// would admit somebody else.
var cgnat = netip.MustParsePrefix("100.64.0.0/10")

// documentation and benchmark ranges never appear on the internet (RFC 5737, 3849, 2544). They are accepted for tests
// and exercises, because they are harmless.

// ParseAddress reads one public address. It refuses everything but a single host that can reach
// the database over the internet, and says why.
func ParseAddress(s string) (netip.Addr, error) {
	refuse := func(why string) (netip.Addr, error) {
		return netip.Addr{}, &Problem{
			What: fmt.Sprintf("the address %q is refused", shorten(s)), Why: why,
			Next: "cruddur rds allow-ip --ip ADDRESS   (one public IPv4 or IPv6 address)", Kind: cruddur.KindInvalid,
		}
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return refuse("it is empty: whatever should have set it did not")
	}
	if strings.HasPrefix(s, "<") {
		return refuse("it is a web page, not an address: a proxy or a sign-in page answered")
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		if !p.IsSingleIP() {
			return refuse("it is a range; a rule of this tool admits one machine")
		}
		s = p.Addr().String()
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return refuse("it is not an IP address")
	}
	a = a.Unmap()
	switch {
	case a.Zone() != "":
		return refuse("it has a zone: a link-local address")
	case a.IsUnspecified():
		return refuse("it means every address")
	case a.IsLoopback():
		return refuse("it is this machine itself")
	case a.IsPrivate():
		return refuse("it is private (RFC 1918, RFC 4193): AWS sees the address of your router instead")
	case cgnat.Contains(a):
		return refuse("it is shared by many customers of one provider (CGNAT, RFC 6598)")
	case a.IsLinkLocalUnicast(), a.IsMulticast(), a.IsInterfaceLocalMulticast():
		return refuse("it is not the address of a host on the internet")
	case a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240):
		return refuse("it is reserved")
	}
	return a, nil
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// PublicAddress asks every source for this machine's address over the given network ("tcp4" or
// "tcp6") and returns it when all agree.
func PublicAddress(ctx context.Context, network string, sources []string) (netip.Addr, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	if len(sources) < 2 || len(slices.Compact(slices.Sorted(slices.Values(sources)))) < len(sources) {
		return netip.Addr{}, invalidf("the sources of this machine's address have to be two or more, and different")
	}
	var first netip.Addr
	for i, source := range sources {
		a, err := askAddress(ctx, client, source)
		if err != nil {
			return netip.Addr{}, err
		}
		if i > 0 && a != first {
			return netip.Addr{}, &Problem{
				What: "this machine's public address is uncertain",
				Why:  fmt.Sprintf("%s says %s, %s says %s: a VPN, a proxy, or one of them is wrong", sources[0], first, source, a),
				Next: "cruddur rds allow-ip --ip ADDRESS", Kind: cruddur.KindConflict,
			}
		}
		first = a
	}
	return first, nil
}

func askAddress(ctx context.Context, client *http.Client, source string) (netip.Addr, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return netip.Addr{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return netip.Addr{}, &Problem{
			What: "this machine's public address is unknown", Why: source + " does not answer: " + networkReason(err),
			Next: "cruddur rds allow-ip --ip ADDRESS", Kind: cruddur.KindUnavailable, Err: err,
		}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1024))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d", res.StatusCode)
	}
	if err != nil {
		return netip.Addr{}, &Problem{
			What: "this machine's public address is unknown", Why: source + " answers " + err.Error(),
			Next: "cruddur rds allow-ip --ip ADDRESS", Kind: cruddur.KindUnavailable, Err: err,
		}
	}
	return ParseAddress(string(body))
}
