package request_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"cruddur/internal/request"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:aaaa::/48"), netip.MustParsePrefix("127.0.0.1/32")}

func get(remote string, header ...string) *http.Request {
	r := &http.Request{RemoteAddr: remote, Header: http.Header{}}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		remote string
		header []string
		client string
		secure bool
	}{
		"NoProxy":                  {"192.0.2.7:1234", nil, "192.0.2.7", false},
		"IPv6":                     {"[2001:db8::1]:1234", nil, "2001:db8::1", false},
		"IPv4InIPv6":               {"[::ffff:192.0.2.7]:1234", nil, "192.0.2.7", false},
		"Spoofed":                  {"192.0.2.7:1", []string{"X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-Ip: 203.0.113.9", "X-Forwarded-Proto: https"}, "192.0.2.7", false},
		"Proxy":                    {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"}, "203.0.113.9", true},
		"ProxyMappedIntoIPv6":      {"[::ffff:10.0.0.1]:1", []string{"X-Forwarded-For: 203.0.113.9"}, "203.0.113.9", false},
		"SpoofedThroughProxy":      {"10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.9"}, "203.0.113.9", false},
		"SpoofedInALineOfItsOwn":   {"10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"}, "203.0.113.9", false},
		"SpoofedAsProxy":           {"10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1, 10.9.9.9, 203.0.113.9"}, "203.0.113.9", false},
		"TwoProxies":               {"10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.2"}, "203.0.113.9", false},
		"AllTrusted":               {"10.0.0.1:1", []string{"X-Forwarded-For: 10.0.0.3, 10.0.0.2"}, "10.0.0.3", false},
		"Garbage":                  {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9, <script>"}, "10.0.0.1", false},
		"Unknown":                  {"10.0.0.1:1", []string{"X-Forwarded-For: unknown"}, "10.0.0.1", false},
		"Empty":                    {"10.0.0.1:1", []string{"X-Forwarded-For: "}, "10.0.0.1", false},
		"WithPort":                 {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9:4711"}, "203.0.113.9", false},
		"IPv6WithPort":             {"10.0.0.1:1", []string{"X-Forwarded-For: [2001:db8::7]:4711"}, "2001:db8::7", false},
		"Forwarded":                {"10.0.0.1:1", []string{`Forwarded: for=198.51.100.1, For="[2001:db8::7]:4711";proto=https;by=10.0.0.1`}, "2001:db8::7", true},
		"ForwardedHidden":          {"10.0.0.1:1", []string{"Forwarded: for=_secret"}, "10.0.0.1", false},
		"ForwardedOpenQuote":       {"10.0.0.1:1", []string{`Forwarded: for="198.51.100.1`, "Forwarded: for=203.0.113.9"}, "10.0.0.1", false},
		"ForwardedWithoutFor":      {"10.0.0.1:1", []string{"Forwarded: for=198.51.100.1, proto=https"}, "10.0.0.1", true},
		"ProxyPassesForwardedOn":   {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.1"}, "10.0.0.1", false},
		"ProxyPassesXFFOn":         {"10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1", "Forwarded: for=203.0.113.9"}, "10.0.0.1", false},
		"BothAgree":                {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"}, "203.0.113.9", false},
		"ProtoOfTheNearest":        {"10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https, http"}, "203.0.113.9", false},
		"UnixSocket":               {"@", nil, "invalid IP", false},
		"ZoneDoesNotHideTheClient": {"[fe80::1%eth0]:1", []string{"X-Forwarded-For: 203.0.113.9"}, "fe80::1%eth0", false},
	} {
		t.Run(name, func(t *testing.T) {
			client, secure := request.Origin(get(c.remote, c.header...), proxies)
			if client.String() != c.client || secure != c.secure {
				t.Errorf("Origin() = %v, %v, want %s, %v", client, secure, c.client, c.secure)
			}
		})
	}
}

// Without a trusted proxy no header changes anything; behind one, the client cannot add to what the proxy
// says by what it sends itself.
func FuzzOrigin(f *testing.F) {
	f.Add("198.51.100.1", `for="198.51.100.1`)
	f.Add("198.51.100.1, 10.0.0.2", "for=10.0.0.2;proto=https")
	f.Add(",,,", `for="\"`)
	f.Add("[::1]:x", "for")
	f.Fuzz(func(t *testing.T, xff, forwarded string) {
		r := get("192.0.2.7:1", "X-Forwarded-For: "+xff, "Forwarded: "+forwarded)
		if got, secure := request.Origin(r, proxies); got.String() != "192.0.2.7" || secure {
			t.Errorf("without a proxy: %v", got)
		}
		// The proxy appends a line of its own to each header; only what it has written counts.
		r = get("10.0.0.1:1", "X-Forwarded-For: "+xff, "X-Forwarded-For: 203.0.113.9", "Forwarded: "+forwarded, "Forwarded: for=203.0.113.9")
		if got, _ := request.Origin(r, proxies); got.String() != "203.0.113.9" && got.String() != "10.0.0.1" {
			t.Errorf("X-Forwarded-For %q, Forwarded %q: the client is %v", xff, forwarded, got)
		}
	})
}

func TestInfo(t *testing.T) {
	t.Parallel()
	ctx := request.WithClient(request.WithID(t.Context(), "id"), netip.MustParseAddr("192.0.2.1"))
	if request.ID(ctx) != "id" || request.Client(ctx).String() != "192.0.2.1" || request.Secure(ctx) {
		t.Errorf("Of() = %+v", request.Of(ctx))
	}
}
