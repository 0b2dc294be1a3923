package request_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"cruddur/internal/request"
)

func TestLocal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		client, host, header string
		want                 bool
	}{
		"AtTheMachine":    {"127.0.0.1", "127.0.0.1:4567", "", true},
		"ByName":          {"::1", "localhost:4567", "", true},
		"IPv6":            {"::1", "[::1]:4567", "", true},
		"Mapped":          {"::ffff:127.0.0.1", "localhost", "", true},
		"FromOutside":     {"192.0.2.1", "localhost", "", false},
		"Rebinding":       {"127.0.0.1", "evil.example:4567", "", false},
		"UnnamedProxy":    {"127.0.0.1", "127.0.0.1:4567", "X-Forwarded-For: 192.0.2.1", false},
		"ProxyOfRFC7239":  {"127.0.0.1", "127.0.0.1:4567", "Forwarded: for=192.0.2.1", false},
		"ProxyOfRealIP":   {"127.0.0.1", "127.0.0.1:4567", "X-Real-Ip: 192.0.2.1", false},
		"NobodyIsKnown":   {"", "127.0.0.1:4567", "", false},
		"LocalhostInside": {"127.0.0.1", "localhost.evil.example", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = c.host
			if key, value, ok := strings.Cut(c.header, ": "); ok {
				r.Header.Set(key, value)
			}
			a, _ := netip.ParseAddr(c.client)
			if got := request.Local(r.WithContext(request.WithClient(r.Context(), a))); got != c.want {
				t.Errorf("Local() = %v, want %v", got, c.want)
			}
		})
	}
}
