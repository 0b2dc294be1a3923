package request_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
	"cruddur/internal/request"
)

// The grammar of Forwarded (RFC 7239, section 4): quoted strings, quoted pairs, white space, names in any
// case.
func TestForwardedGrammar(t *testing.T) {
	t.Parallel()
	for forwarded, want := range map[string]string{
		`for=203.0.113.9`: "203.0.113.9",
		`FOR=203.0.113.9`: "203.0.113.9",
		`by=10.0.0.1; for = 203.0.113.9 ;proto=http`: "203.0.113.9",
		`for="203.0.113.9"`:                          "203.0.113.9",
		`for="203.0.113\.9"`:                         "203.0.113.9",
		`for="203.0.113.9:4711"`:                     "203.0.113.9",
		`for="[2001:db8::7]"`:                        "2001:db8::7",
		`for="[2001:db8::7]:4711"`:                   "2001:db8::7",
		`for="::ffff:203.0.113.9"`:                   "203.0.113.9",
		`for="[::ffff:203.0.113.9]:1"`:               "203.0.113.9",
		`for="[::ffff:203.0.113.9]"`:                 "203.0.113.9",
		`for="`:                                      "10.0.0.1",
		`for=""`:                                     "10.0.0.1",
		`for="203.0.113.9`:                           "10.0.0.1",
		`for=203.0.113.9"`:                           "10.0.0.1",
		`for="[2001:db8::7"`:                         "10.0.0.1",
		`for="[203.0.113.9x]"`:                       "10.0.0.1",
		`for`:                                        "10.0.0.1",
		`for=`:                                       "10.0.0.1",
		`forx=203.0.113.9`:                           "10.0.0.1",
		`by="a,b";for=203.0.113.9`:                   "203.0.113.9",
		`by="a;for=198.51.100.1";for=203.0.113.9`:    "203.0.113.9",
		`by="a\",for=198.51.100.1";for=203.0.113.9`:  "203.0.113.9",
		`by="a\\",for=203.0.113.9`:                   "203.0.113.9",
		`for=203.0.113.9;for=198.51.100.1`:           "203.0.113.9",
	} {
		client, _ := request.Origin(get("10.0.0.1:1", "Forwarded: "+forwarded), proxies)
		if client.String() != want {
			t.Errorf("Forwarded: %s: the client is %v, want %s", forwarded, client, want)
		}
	}
}

// Whether the client speaks TLS is what the nearest proxy says, or what we see ourselves.
func TestSecure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header []string
		want   bool
	}{
		"nothing":                  {nil, false},
		"https":                    {[]string{"X-Forwarded-Proto: HTTPS "}, true},
		"http":                     {[]string{"X-Forwarded-Proto: http"}, false},
		"the last of a list":       {[]string{"X-Forwarded-Proto: http, https"}, true},
		"the last of two lines":    {[]string{"X-Forwarded-Proto: https", "X-Forwarded-Proto: http"}, false},
		"Forwarded":                {[]string{`Forwarded: for=203.0.113.9;Proto="https"`}, true},
		"Forwarded, the last":      {[]string{`Forwarded: proto=https, for=203.0.113.9`}, false},
		"Forwarded, http":          {[]string{`Forwarded: proto=http`}, false},
		"X-Forwarded-Proto counts": {[]string{"X-Forwarded-Proto: http", `Forwarded: proto=https`}, false},
	} {
		if _, secure := request.Origin(get("10.0.0.1:1", c.header...), proxies); secure != c.want {
			t.Errorf("%s: secure %v, want %v", name, secure, c.want)
		}
	}
	r := get("10.0.0.1:1", "X-Forwarded-Proto: http")
	r.TLS = &tls.ConnectionState{}
	if _, secure := request.Origin(r, proxies); !secure {
		t.Error("a connection that speaks TLS with us is not secure")
	}
	if _, secure := request.Origin(r, nil); !secure {
		t.Error("a connection that speaks TLS with us is not secure without proxies")
	}
}

// A trusted proxy may come by a link-local address, whose zone names our own interface.
func TestTrustedZone(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("fe80::/10")}
	for remote, want := range map[string]string{"[fe80::1%eth0]:1": "203.0.113.9", "[fe80::1]:1": "203.0.113.9", "[fec0::1%eth0]:1": "fec0::1%eth0"} {
		if client, _ := request.Origin(get(remote, "X-Forwarded-For: 203.0.113.9"), trusted); client.String() != want {
			t.Errorf("from %s the client is %v, want %s", remote, client, want)
		}
	}
}

// Every kind of error has its status.
func TestStatus(t *testing.T) {
	t.Parallel()
	for kind, want := range map[cruddur.Kind]int{
		cruddur.KindInvalid: http.StatusUnprocessableEntity, cruddur.KindUnauthenticated: http.StatusUnauthorized,
		cruddur.KindForbidden: http.StatusForbidden, cruddur.KindNotFound: http.StatusNotFound, cruddur.KindConflict: http.StatusConflict,
		cruddur.KindTooMany: http.StatusTooManyRequests, cruddur.KindUnavailable: http.StatusServiceUnavailable,
		cruddur.KindInternal: http.StatusInternalServerError, "unheard of": http.StatusInternalServerError,
	} {
		if got := request.Status(kind); got != want {
			t.Errorf("Status(%s) = %d, want %d", kind, got, want)
		}
	}
}

// Fifty reasons are told apart, whatever comes after them is one.
func TestReasonsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		r := request.Refusals{Every: time.Second}
		for n := range 60 {
			r.Log(t.Context(), log, slog.LevelError, fmt.Sprint("reason ", n), "failed")
		}
		synctest.Wait()
		if n := strings.Count(out.String(), "\n"); n != 51 {
			t.Errorf("60 reasons are %d lines, want 50 and one for the others", n)
		}
		out.Reset()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "count=9 ") || !strings.Contains(got, `reason="one of many errors"`) {
			t.Errorf("after a second:\n%s", got)
		}
		time.Sleep(time.Minute)
	})
}

// The time to wait is told in whole seconds, rounded up, and never as none.
func TestTooMany(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{0: 1, 1: 1, time.Second: 1, time.Second + 1: 2, time.Minute: 60} {
		if e, ok := request.TooMany(wait).(*cruddur.Error); !ok || e.Kind != cruddur.KindTooMany || e.RetryAfter != want {
			t.Errorf("TooMany(%v) = %+v, want %d seconds", wait, e, want)
		}
	}
}
