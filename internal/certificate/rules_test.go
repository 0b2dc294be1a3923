package certificate_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"cruddur/internal/certificate"
)

// TestPause: refused orders stay within Let's Encrypt's five refusals an hour, and a Retry-After is obeyed.
func TestPause(t *testing.T) {
	t.Parallel()
	refused := &acme.AuthorizationError{Errors: []error{errors.New("no such domain")}}
	total, n := time.Duration(0), 0
	for ; total < time.Hour; n++ {
		total += certificate.Pause(n+1, refused)
	}
	if n > 5 {
		t.Errorf("%d orders are refused in the first hour", n)
	}
	limited := &acme.Error{StatusCode: 429, ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {"86400"}}}
	for name, c := range map[string]struct {
		failures int
		err      error
		want     time.Duration
	}{
		"away once":                       {1, errors.New("connection refused"), 5 * time.Second},
		"away for long":                   {100, errors.New("connection refused"), 10 * time.Minute},
		"its own error":                   {1, &acme.Error{StatusCode: 500}, 5 * time.Second},
		"refused once":                    {1, &acme.Error{StatusCode: 403}, time.Minute},
		"refused twice":                   {2, refused, 15 * time.Minute},
		"refused always":                  {100, &acme.OrderError{}, 6 * time.Hour},
		"too many":                        {1, limited, 24 * time.Hour},
		"too many, until it does not say": {1, &acme.Error{StatusCode: 429, ProblemType: "urn:ietf:params:acme:error:rateLimited"}, time.Hour},
	} {
		if got := certificate.Pause(c.failures, c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestParseDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"cruddur.example": "cruddur.example", "Cruddur.Example.": "cruddur.example", "bücher.example": "xn--bcher-kva.example",
		"localhost": "", "https://cruddur.example": "", "cruddur.example:443": "", "*.cruddur.example": "", "192.0.2.1": "", "": "", "a b.example": "",
		"cruddur.example/": "", strings.Repeat("a", 64) + ".example": "", "ada@cruddur.example": "",
	} {
		if got, err := certificate.ParseDomain(in); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseDomain(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

// A folder that others can enter, or that is a link, is refused.
func TestOpenFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open, link := filepath.Join(dir, "open"), filepath.Join(dir, "link")
	os.Mkdir(open, 0o700)
	os.Chmod(open, 0o750)
	os.Symlink(dir, link)
	for _, path := range []string{open, link} {
		if _, err := certificate.OpenFolder(path); err == nil || !strings.Contains(err.Error(), "mode 0700") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A certificate that lives for less than ninety days is renewed when a third of its life is left: Let's Encrypt has some
// of six days, which would be due for ever by the rule of thirty days.
func TestRenewAt(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for life, left := range map[time.Duration]time.Duration{6 * day: 2 * day, 45 * day: 15 * day, 90 * day: 30 * day, 398 * day: 30 * day} {
		end := begin.Add(life)
		if got := end.Sub(certificate.RenewAt(&x509.Certificate{NotBefore: begin, NotAfter: end})); got != left {
			t.Errorf("a certificate of %v is renewed with %v left, want %v", life, got, left)
		}
	}
}
