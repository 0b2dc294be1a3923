package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cruddur/internal/httpserver"
)

// Only an upload may be larger than other bodies, and it has its own limit; only an upload may take longer.
func TestUploadLimits(t *testing.T) {
	t.Parallel()
	answers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		} else if err != nil {
			w.WriteHeader(http.StatusRequestTimeout)
		}
		left := time.Duration(0)
		if end, ok := r.Context().Deadline(); ok {
			left = time.Until(end).Round(time.Minute)
		}
		fmt.Fprint(w, n, " ", left)
	})
	// Both doors, because the pages and the API are told apart before the limits are set.
	r := start(t, httpserver.Config{
		Web: answers, API: answers, ReadTimeout: 2 * time.Second, RequestTimeout: time.Second,
		Uploads: func(r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/upload") && r.Method == http.MethodPost
		},
	})
	for path, most := range map[string]int{"/upload": 34 << 20, "/api/upload": 34 << 20, "/": 64 << 10, "/api/": 64 << 10, "/upload/": 64 << 10} {
		for n, status := range map[int]int{most: 200, most + 1: 413} {
			res, body := r.send("POST", "http://"+r.addr+path, io.LimitReader(endless{}, int64(n)))
			left := "0s" // a second, rounded
			if most > 64<<10 {
				left = "5m0s"
			}
			if want := fmt.Sprint(most, " ", left); res.StatusCode != status || body != want {
				t.Errorf("%d bytes to %s: %d %q, want %d %q", n, path, res.StatusCode, body, status, want)
			}
		}
	}
	if res, body := r.send("PUT", "http://"+r.addr+"/upload", io.LimitReader(endless{}, 64<<10+1)); res.StatusCode != 413 {
		t.Errorf("with another method: %d %s", res.StatusCode, body)
	}
	// Two slow lines: when the server gives up on the one, the other still sends its file.
	half := func(path string) (net.Conn, *bufio.Reader) {
		t.Helper()
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na", path)
		return conn, bufio.NewReader(conn)
	}
	upload, answer := half("/upload")
	_, other := half("/other")
	res, err := http.ReadResponse(other, nil)
	if err != nil || res.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a slow body that is no upload: %+v, %v, want that it is not waited for", res, err)
	}
	fmt.Fprint(upload, "b")
	if res, err := http.ReadResponse(answer, nil); err != nil || res.StatusCode != 200 {
		t.Errorf("a slow upload: %+v, %v", res, err)
	}
}

// An upload that the server has no handler for, as before the exception was there, is like every other request.
func TestNoUploads(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil && !errors.Is(err, context.Canceled) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})})
	if res, _ := r.send("POST", "http://"+r.addr+"/upload", io.LimitReader(endless{}, 64<<10+1)); res.StatusCode != 413 {
		t.Errorf("%d, want 413", res.StatusCode)
	}
}

// An upload that is answered before it has come gets its answer: it is read to its end, on a connection that serves the
// next request too.
func TestUploadAnsweredEarly(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{
		API:     http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
		Uploads: func(r *http.Request) bool { return r.URL.Path == "/api/upload" },
	})
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for range 2 {
		fmt.Fprintf(conn, "POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 8<<20)
		if _, err := io.Copy(conn, io.LimitReader(endless{}, 8<<20)); err != nil {
			t.Fatalf("the connection is closed while the file is sent: %v", err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != http.StatusServiceUnavailable || res.Close {
			t.Fatalf("the answer is %+v, %v", res, err)
		}
		res.Body.Close()
	}
	// Who asks first is not told to send it, and who announces too much is not waited for.
	for _, more := range []string{"Content-Length: 1000\r\nExpect: 100-continue", fmt.Sprintf("Content-Length: %d", 34<<20+1)} {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /api/upload HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", more)
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("with %q: %+v, %v", more, res, err)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { clear(b); return len(b), nil }
