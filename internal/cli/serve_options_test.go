package cli

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
)

func TestServeWarns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listen, backend  string
		codes, boundless bool // codes go to the log, and nothing is limited
		says             string
	}{
		"Loopback":       {"127.0.0.1:4567", "http://127.0.0.1:4567", true, true, ""},
		"IPv6":           {"[::1]:4567", "http://[::1]:4567", true, true, ""},
		"NoAddress":      {"0.0.0.0:4567", "http://127.0.0.1:4567", false, false, "set BACKEND_URL"},
		"AllOfThem":      {":4567", "http://127.0.0.1:4567", false, false, "set BACKEND_URL"},
		"Clear":          {"0.0.0.0:4567", "http://cruddur.example", false, false, "sent unencrypted"},
		"BehindTLS":      {"0.0.0.0:4567", "https://cruddur.example", false, false, ""},
		"Proxy":          {"127.0.0.1:4567", "https://cruddur.example", false, false, ""},
		"ProxyUnnamed":   {"127.0.0.1:4567", "https://cruddur.example", false, false, "set CRUDDUR_TRUSTED_PROXIES"},
		"Codes":          {"0.0.0.0:4567", "https://cruddur.example", true, false, "set CRUDDUR_SMTP_URL"},
		"CodesInClear":   {"0.0.0.0:4567", "http://cruddur.example", true, false, "set CRUDDUR_SMTP_URL"},
		"CodesByProxy":   {"127.0.0.1:4567", "https://cruddur.example", true, false, "set CRUDDUR_SMTP_URL"},
		"NoLimits":       {"0.0.0.0:4567", "https://cruddur.example", false, true, "passwords can be guessed"},
		"NoLimitByProxy": {"127.0.0.1:4567", "https://cruddur.example", false, true, "passwords can be guessed"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			o := serveOptions{listen: c.listen, backendURL: c.backend, limits: !c.boundless}
			if name != "ProxyUnnamed" {
				o.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			}
			o.warn(slog.New(slog.NewTextHandler(&log, nil)), c.codes)
			if got := log.String(); !strings.Contains(got, c.says) || c.says == "" && got != "" {
				t.Errorf("it warns %q, want %q", got, c.says)
			}
		})
	}
}

// A server on a foreign database is probably meant for others, who cannot follow a mail to this machine.
func TestServeWarnsOfLoopbackInMails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options serveOptions
		warns   bool
	}{
		"Private":           {serveOptions{listen: "127.0.0.1:4567"}, false},
		"Foreign":           {serveOptions{listen: "127.0.0.1:4567", foreign: true}, true},
		"ForeignAndNamed":   {serveOptions{listen: "127.0.0.1:4567", foreign: true, backendURL: "http://localhost:4567", named: true}, false},
		"ForeignAndReached": {serveOptions{listen: "0.0.0.0:4567", foreign: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			o := c.options
			o.limits = true
			if o.backendURL == "" {
				o.backendURL = "http://127.0.0.1:4567"
			}
			o.warn(slog.New(slog.NewTextHandler(&log, nil)), false)
			if got := strings.Contains(log.String(), "set BACKEND_URL"); got != c.warns {
				t.Errorf("it warns: %v, want %v:\n%s", got, c.warns, &log)
			}
		})
	}
}

// Only a server that only this machine uses may refuse other host names.
func TestLocalOnly(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for name, c := range map[string]struct {
		options serveOptions
		want    bool
	}{
		"Default":           {serveOptions{listen: "127.0.0.1:4567", backendURL: "http://127.0.0.1:4567"}, true},
		"ByName":            {serveOptions{listen: "localhost:4567", backendURL: "http://localhost:4567"}, true},
		"IPv6":              {serveOptions{listen: "[::1]:4567", backendURL: "http://[::1]:4567"}, true},
		"PublicAddress":     {serveOptions{listen: "127.0.0.1:4567", backendURL: "https://cruddur.example"}, false},
		"TrustedProxy":      {serveOptions{listen: "127.0.0.1:4567", backendURL: "http://127.0.0.1:4567", proxies: proxy}, false},
		"EveryAddress":      {serveOptions{listen: "0.0.0.0:4567", backendURL: "http://127.0.0.1:4567"}, false},
		"EveryAddressToo":   {serveOptions{listen: ":4567", backendURL: "http://127.0.0.1:4567"}, false},
		"AnAddressOfOthers": {serveOptions{listen: "10.0.0.5:4567", backendURL: "http://10.0.0.5:4567"}, false},
	} {
		if got := c.options.localOnly(); got != c.want {
			t.Errorf("%s: localOnly() = %v, want %v", name, got, c.want)
		}
	}
}
