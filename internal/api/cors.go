package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// cors sets the CORS headers if the request's origin is one of the configured ones (Fetch standard, CORS protocol),
// and reports whether the origin may send writes: a configured origin, our own host, or a program, which sends no
// Origin. Credentials are never allowed, because the API ignores cookies.
func (c *call) cors(methods string) bool {
	lines := c.r.Header["Origin"]
	if len(lines) == 0 {
		return true
	}
	from := lines[0]
	if len(lines) != 1 || !slices.Contains(c.origins, from) {
		return sameHost(from, c.r.Host)
	}
	h := c.w.Header()
	h["Access-Control-Allow-Origin"] = lines
	h.Set("Access-Control-Expose-Headers", "Link, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id")
	if c.r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "content-type, authorization, if-none-match, idempotency-key")
		h.Set("Access-Control-Max-Age", "7200")
	}
	return true
}

// sameHost reports whether the origin is the host that the request was sent to.
func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// preflight answers an OPTIONS request; without an allowed origin it sends no CORS headers.
func (c *call) preflight() bool {
	if c.r.Method != http.MethodOptions {
		return false
	}
	c.w.Header()["Cache-Control"] = headerNoStore
	c.w.WriteHeader(http.StatusNoContent)
	return true
}
