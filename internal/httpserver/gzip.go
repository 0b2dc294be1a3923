package httpserver

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"cruddur/internal/kept"
	"cruddur/internal/request"
)

const (
	// leastGzip is the size in bytes of the smallest answer worth compressing: a smaller one fits into one packet
	// anyway.
	leastGzip = 1 << 10
	// mostGzip is the number of bytes up to which an answer of unknown length is collected.
	mostGzip = 1 << 20
	// tagSuffix distinguishes the validator of the compressed bytes from that of the plain ones: a strong ETag
	// identifies bytes (RFC 9110, 8.8.3).
	tagSuffix = "-gz"
)

var (
	gzipBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	headerGzip  = []string{"gzip"}
)

// compressor compresses the answers of next, for clients that accept gzip; what next hands over as a kept.Body is
// compressed already. gzhttp, from the same module as the compression used by kept, would lose three things: the 304 for clients that have the compressed bytes (it adds a suffix to the
// ETag of an answer but does not change If-None-Match), the Content-Length, and the exception for secrets (see
// worth).
type compressor struct{ next http.Handler }

func (c *compressor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !request.AcceptsGzip(r.Header["Accept-Encoding"]) || r.Method == http.MethodHead {
		c.next.ServeHTTP(w, r)
		return
	}
	g := &gzipResponse{ResponseWriter: w}
	if known := r.Header["If-None-Match"]; len(known) > 0 && strings.Contains(known[0], tagSuffix+`"`) {
		// The handler knows only the tag of the plain bytes.
		g.tagged = true
		plain := strings.ReplaceAll(strings.Join(known, ","), tagSuffix+`"`, `"`)
		r.Header["If-None-Match"] = []string{plain}
	}
	defer func() {
		if p := recover(); p != nil {
			g.forget()
			panic(p)
		}
		g.close()
	}()
	c.next.ServeHTTP(g, r)
}

// gzipResponse collects an answer until it is known whether it is worth compressing.
type gzipResponse struct {
	http.ResponseWriter
	status int
	body   *bytes.Buffer // while collecting
	plain  bool          // passed through uncompressed
	tagged bool          // the client has the compressed bytes
}

func (g *gzipResponse) WriteHeader(status int) {
	if status < 200 {
		g.ResponseWriter.WriteHeader(status)
		return
	}
	if g.status != 0 {
		return
	}
	g.status = status
	h := g.ResponseWriter.Header()
	if status == http.StatusNotModified && g.tagged {
		suffixTag(h)
	}
	if !worth(h, status) {
		g.pass()
		return
	}
	g.body = gzipBuffers.Get().(*bytes.Buffer)
	g.body.Reset()
}

// worth reports whether an answer with these headers may be compressed. An answer that must not be stored may hold a
// secret, and the length of a compressed answer would reveal it (the BREACH attack).
func worth(h http.Header, status int) bool {
	if status != http.StatusOK && status < 400 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	if n := h["Content-Length"]; len(n) == 1 {
		if length, err := strconv.Atoi(n[0]); err == nil && length < leastGzip {
			return false
		}
	}
	if cc := h["Cache-Control"]; len(cc) > 0 && cc[0] == "no-store" && strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		return false
	}
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.TrimSpace(t) {
	case "application/json", "application/javascript", "application/yaml", "application/manifest+json", "application/atom+xml", "image/svg+xml":
		return true
	case "text/event-stream":
		return false
	}
	return strings.HasPrefix(t, "text/")
}

func suffixTag(h http.Header) {
	if tag := h.Get("Etag"); strings.HasSuffix(tag, `"`) && !strings.HasPrefix(tag, "W/") {
		h["Etag"] = []string{tag[:len(tag)-1] + tagSuffix + `"`}
	}
}

func (g *gzipResponse) Write(b []byte) (int, error) {
	if g.status == 0 {
		if h := g.ResponseWriter.Header(); len(h["Content-Type"]) == 0 {
			h.Set("Content-Type", http.DetectContentType(b))
		}
		g.WriteHeader(http.StatusOK)
	}
	if g.plain {
		return g.ResponseWriter.Write(b)
	}
	if g.body.Len()+len(b) > mostGzip {
		g.release()
		return g.ResponseWriter.Write(b)
	}
	return g.body.Write(b)
}

// pass sends the headers unchanged; the following bytes go straight through.
func (g *gzipResponse) pass() {
	g.plain = true
	g.ResponseWriter.WriteHeader(g.status)
}

// release stops collecting.
func (g *gzipResponse) release() {
	g.pass()
	g.ResponseWriter.Write(g.body.Bytes())
	g.forget()
}

func (g *gzipResponse) forget() {
	if g.body != nil {
		gzipBuffers.Put(g.body)
		g.body = nil
	}
}

// close sends what was collected.
func (g *gzipResponse) close() {
	if g.plain || g.status == 0 {
		return
	}
	if g.body.Len() < leastGzip {
		g.release()
		return
	}
	var b kept.Body
	b.Add(kept.New(g.body.Bytes()))
	g.send(&b)
	g.forget()
}

// WriteKept implements kept.Gzipper.
func (g *gzipResponse) WriteKept(status int, b *kept.Body) {
	h := g.ResponseWriter.Header()
	h["Content-Length"] = []string{strconv.Itoa(b.Len())}
	g.status = status
	if !worth(h, status) {
		g.plain = true
		kept.Write(g.ResponseWriter, status, b)
		return
	}
	g.send(b)
}

// send sends an answer compressed.
func (g *gzipResponse) send(b *kept.Body) {
	h := g.ResponseWriter.Header()
	h["Content-Encoding"] = headerGzip
	suffixTag(h)
	g.plain = true
	kept.Send(g.ResponseWriter, g.status, b.AppendGzip)
}

// Flush sends the bytes collected so far: a handler that flushes is streaming, and is not compressed.
func (g *gzipResponse) Flush() { _ = g.FlushError() } // http.Flusher returns no error

// FlushError is Flush for http.ResponseController.
func (g *gzipResponse) FlushError() error {
	if g.status == 0 {
		g.status = http.StatusOK
		g.pass()
	} else if !g.plain {
		g.release()
	}
	return http.NewResponseController(g.ResponseWriter).Flush()
}

// Unwrap gives http.ResponseController access to the wrapped writer.
func (g *gzipResponse) Unwrap() http.ResponseWriter { return g.ResponseWriter }
