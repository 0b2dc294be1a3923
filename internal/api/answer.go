package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"cruddur"
	"cruddur/internal/kept"
	"cruddur/internal/request"
)

var errForeignOrigin = errors.New("the request comes from a page of a foreign origin")

// buffers hold answers until they are complete and written. A large buffer is left to the garbage collector.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

const keepBuffer = 256 << 10

// answer builds a body with fn and writes it as a 200 that a browser may cache but must revalidate before each use:
// because of no-cache, no copy outlives the first expiry inside it.
func (c *call) answer(fn func(b []byte) []byte) error {
	p := buffers.Get().(*[]byte)
	b := fn((*p)[:0])
	err := c.writeCached(b)
	if cap(b) <= keepBuffer {
		*p = b
		buffers.Put(p)
	}
	return err
}

// answerPrivate is answer for data that nobody may cache: tokens, and a member's own data.
func (c *call) answerPrivate(fn func(b []byte) []byte) error {
	p := buffers.Get().(*[]byte)
	b := fn((*p)[:0])
	c.w.Header()["Cache-Control"] = headerNoStore
	c.write(http.StatusOK, b)
	clear(b) // it may have held a token
	*p = b
	buffers.Put(p)
	return nil
}

// answerNothing writes a 200 with an empty object. The client parses JSON before it looks at the status, so the body
// cannot be empty.
func (c *call) answerNothing() error {
	c.w.Header()["Cache-Control"] = headerNoStore
	c.write(http.StatusOK, []byte("{}"))
	return nil
}

func (c *call) writeCached(b []byte) error { return c.writeTagged(b, etag(b)) }

func (c *call) writeTagged(b []byte, tag string) error {
	if !c.unchanged(tag) {
		c.write(http.StatusOK, b)
	}
	return nil
}

// writeKept is writeTagged for bytes that many requests share.
func (c *call) writeKept(r *rendered) error {
	if !c.unchanged(r.tag) {
		c.w.Header()["Content-Type"] = headerJSON
		var b kept.Body
		b.Add(r.body)
		kept.Write(c.w, http.StatusOK, &b)
	}
	return nil
}

// unchanged sets the headers of an answer that must be revalidated, and answers 304 if the client has it.
func (c *call) unchanged(tag string) bool {
	h := c.w.Header()
	h["Cache-Control"] = headerNoCache
	h["Etag"] = []string{tag}
	known := c.r.Header["If-None-Match"]
	if len(known) == 0 || !matches(known, tag) {
		return false
	}
	c.w.WriteHeader(http.StatusNotModified)
	return true
}

// write sends a whole body. An error here means that the connection has ended, so it is ignored.
func (c *call) write(status int, b []byte) {
	h := c.w.Header()
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = headerJSON
	}
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	c.w.WriteHeader(status)
	c.w.Write(b)
}

// etag returns a strong validator: the same bytes have the same tag on every server.
func etag(b []byte) string {
	sum := sha256.Sum256(b)
	var out [34]byte
	out[0], out[33] = '"', '"'
	hex.Encode(out[1:33], sum[:16])
	return string(out[:])
}

// matches reports whether an If-None-Match header names tag; the comparison is the weak one (RFC 9110,
// 13.1.2).
func matches(known []string, tag string) bool {
	for _, line := range known {
		for t := range strings.SplitSeq(line, ",") {
			t = strings.TrimSpace(t)
			if t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// fail answers with an error: its codes go to the client, its cause to the log.
func (c *call) fail(err error) {
	status, codes := request.Status(cruddur.KindOf(err)), cruddur.CodesOf(err)
	ctx := c.r.Context()
	if errors.Is(err, errMalformed) {
		status = http.StatusBadRequest
	}
	if errors.Is(err, errTooLarge) {
		status = http.StatusRequestEntityTooLarge
		c.w.Header().Set("Connection", "close")
	}
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		status, codes = http.StatusServiceUnavailable, []string{string(cruddur.KindUnavailable)} // nobody reads the answer
	case status == http.StatusInternalServerError:
		c.Refusals.Log(ctx, c.Log, slog.LevelError, err.Error(), "the API failed", "route", c.r.Pattern, "request", request.ID(ctx), "err", err)
	case status == http.StatusServiceUnavailable:
		c.Refusals.Log(ctx, c.Log, slog.LevelWarn, string(cruddur.KindUnavailable), "unavailable", "route", c.r.Pattern, "request", request.ID(ctx), "err", err)
	}
	c.retryAfter(err, status)
	if status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="cruddur"`)
	}
	c.answerError(status, codes)
}

func (c *call) retryAfter(err error, status int) {
	seconds := 0
	if e, ok := errors.AsType[*cruddur.Error](err); ok {
		seconds = e.RetryAfter
	}
	if seconds == 0 && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		seconds = 5
	}
	if seconds > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

// answerError writes a bare array of codes, which nobody may cache.
func (c *call) answerError(status int, codes []string) {
	h := c.w.Header()
	h["Cache-Control"] = headerNoStore
	h["Content-Type"] = headerJSON
	delete(h, "Etag")
	c.write(status, appendStrings(nil, codes))
}

func stack() string { return string(debug.Stack()) }
