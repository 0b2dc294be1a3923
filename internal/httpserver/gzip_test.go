package httpserver_test

import (
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"cruddur/internal/httpserver"
	"cruddur/internal/kept"
	"cruddur/internal/request"
)

func TestGzip(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("All that is long is worth compressing. ", 100)
	piece := kept.New([]byte(long))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		switch r.URL.Path {
		case "/kept", "/kept/image", "/kept/secret", "/kept/short":
			kinds := map[string]string{"/kept": "text/html", "/kept/short": "text/html", "/kept/image": "image/png", "/kept/secret": "application/json"}
			h.Set("Content-Type", kinds[r.URL.Path])
			if r.URL.Path == "/kept/secret" {
				h.Set("Cache-Control", "no-store")
			}
			var b kept.Body
			b.AddOwn([]byte("own"))
			if r.URL.Path != "/kept/short" {
				b.Add(piece)
				b.AddOwn([]byte("own"))
				b.Add(piece)
			}
			kept.Write(w, 200, &b)
		case "/page":
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("ETag", `"page"`)
			if request.ID(r.Context()) == "" {
				t.Error("no request id")
			}
			if r.Header.Get("If-None-Match") == `"page"` {
				w.WriteHeader(304)
				return
			}
			h.Set("Content-Length", strconv.Itoa(len(long)))
			io.WriteString(w, long)
		case "/short":
			h.Set("Content-Type", "text/html")
			io.WriteString(w, "short")
		case "/sniffed":
			io.WriteString(w, long)
		case "/image":
			h.Set("Content-Type", "image/png")
			io.WriteString(w, long)
		case "/secret":
			h.Set("Content-Type", "application/json")
			h.Set("Cache-Control", "no-store")
			io.WriteString(w, long)
		case "/stream":
			h.Set("Content-Type", "text/event-stream")
			io.WriteString(w, long)
			http.NewResponseController(w).Flush()
		case "/huge":
			h.Set("Content-Type", "text/plain")
			for range 1000 {
				io.WriteString(w, long)
			}
		case "/empty":
			w.WriteHeader(204)
		}
	})
	r := start(t, httpserver.Config{Web: handler})
	for path, want := range map[string]struct {
		encoding string
		length   int
	}{
		"/page": {"gzip", len(long)}, "/sniffed": {"gzip", len(long)}, "/short": {"", 5}, "/image": {"", len(long)}, "/secret": {"", len(long)},
		"/stream": {"", len(long)}, "/huge": {"", 1000 * len(long)}, "/empty": {"", 0},
		"/kept": {"gzip", 6 + 2*len(long)}, "/kept/image": {"", 6 + 2*len(long)}, "/kept/secret": {"", 6 + 2*len(long)}, "/kept/short": {"", 3},
	} {
		for _, accept := range []string{"gzip", "br, gzip;q=0.5", "identity", "gzip;q=0", ""} {
			res, body := r.get("http://"+r.addr+path, "Accept-Encoding: "+accept)
			wanted := want.encoding
			if !strings.HasPrefix(accept, "gzip") && !strings.HasPrefix(accept, "br") || accept == "gzip;q=0" {
				wanted = ""
			}
			if got := res.Header.Get("Content-Encoding"); got != wanted {
				t.Errorf("%s for %q: Content-Encoding %q, want %q", path, accept, got, wanted)
				continue
			}
			if wanted == "gzip" {
				if res.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
					t.Errorf("%s: Content-Length %s, body %d", path, res.Header.Get("Content-Length"), len(body))
				}
				z, err := gzip.NewReader(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(z)
				if err != nil {
					t.Fatal(err)
				}
				body = string(b)
			}
			if len(body) != want.length {
				t.Errorf("%s for %q: %d bytes, want %d", path, accept, len(body), want.length)
			}
			if !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
				t.Errorf("%s: Vary = %q", path, res.Header.Get("Vary"))
			}
		}
	}
}

// The compressed bytes have a validator of their own, and each is recognised.
func TestGzipETag(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Type", "text/html")
		if strings.Contains(r.Header.Get("If-None-Match"), `"v1"`) {
			w.WriteHeader(304)
			return
		}
		io.WriteString(w, strings.Repeat("a", 5000))
	})})
	for accept, tag := range map[string]string{"gzip": `"v1-gz"`, "identity": `"v1"`} {
		res, _ := r.get("http://"+r.addr+"/", "Accept-Encoding: "+accept)
		if got := res.Header.Get("ETag"); got != tag {
			t.Errorf("%s: ETag %s, want %s", accept, got, tag)
		}
		res, body := r.get("http://"+r.addr+"/", "Accept-Encoding: "+accept, "If-None-Match: "+tag)
		if res.StatusCode != 304 || body != "" || res.Header.Get("ETag") != tag {
			t.Errorf("%s: %d, ETag %s, want 304 and %s", accept, res.StatusCode, res.Header.Get("ETag"), tag)
		}
	}
}

// A kept answer has the same headers for HEAD as a plain GET, and no body; HTTP/1.0 gets it whole.
func TestKeptHead(t *testing.T) {
	t.Parallel()
	piece := kept.New([]byte(strings.Repeat("All that is long is worth compressing. ", 200)))
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		var b kept.Body
		b.Add(piece)
		kept.Write(w, 200, &b)
	})})
	for _, c := range []struct{ line, length string }{{"HEAD / HTTP/1.1", "7800"}, {"GET / HTTP/1.0", ""}, {"GET / HTTP/1.1", ""}} {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, c.line+"\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(conn)
		conn.Close()
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(b), "\r\n\r\n")
		if c.length != "" {
			if body != "" || !strings.Contains(head, "Content-Length: "+c.length) || strings.Contains(head, "Content-Encoding") {
				t.Errorf("%s: %s\nand %d bytes", c.line, head, len(body))
			}
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.line, err, head)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != string(piece.Bytes()) || !strings.Contains(head, "Content-Length: "+strconv.Itoa(len(body))) {
			t.Errorf("%s: %d bytes, error %v\n%s", c.line, len(got), err, head)
		}
	}
}
