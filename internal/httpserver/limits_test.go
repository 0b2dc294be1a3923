package httpserver_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"cruddur/internal/httpserver"
)

// CVE-2023-36461 (Mastodon): slow peers kept all workers busy.
//
// Slow clients: headers or a body that never end, and an answer that is never read.
func TestAdvisorySlowClients(t *testing.T) {
	t.Parallel()
	read := make(chan error, 10)
	r := start(t, httpserver.Config{
		// Long enough that a busy machine has read the headers of the body that never ends.
		HeaderTimeout: 2 * time.Second, ReadTimeout: 3 * time.Second,
		Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
		}),
	})
	for name, begin := range map[string]string{
		"Headers": "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "Nothing": "", "Body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, begin)
			conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is still open")
			}
			if name == "Body" {
				select {
				case err := <-read:
					if err == nil {
						t.Error("the body was read as if it were whole")
					}
				case <-time.After(10 * time.Second):
					t.Error("the handler still reads, or was never called")
				}
			}
		})
	}
}

func TestBodyAndHeaderLimits(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		io.WriteString(w, strconv.Itoa(len(b)))
	})})
	if res, body := r.send("POST", "http://"+r.addr+"/", strings.NewReader(strings.Repeat("a", 64<<10))); res.StatusCode != 200 || body != "65536" {
		t.Errorf("64 KiB: %d %s", res.StatusCode, body)
	}
	if res, body := r.send("POST", "http://"+r.addr+"/", strings.NewReader(strings.Repeat("a", 64<<10+1))); res.StatusCode != 413 || body != "65536" {
		t.Errorf("one more: %d %s", res.StatusCode, body)
	}
	res, _ := r.get("http://"+r.addr+"/", "X-Big: "+strings.Repeat("a", 64<<10))
	if res.StatusCode != 431 {
		t.Errorf("64 KiB of headers: %d", res.StatusCode)
	}
	if res, _ := r.get("http://" + r.addr + "/"); res.StatusCode != 200 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{
		QueryTimeout: time.Minute, RequestTimeout: time.Hour, Streams: []string{"/stream"},
		Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			end, ok := r.Context().Deadline()
			switch left := time.Until(end); {
			case !ok:
				io.WriteString(w, "none")
			case left > time.Minute:
				io.WriteString(w, "an hour")
			default:
				io.WriteString(w, "a minute")
			}
		}),
	})
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/", "a minute"}, {"POST", "/", "an hour"}, {"DELETE", "/stream/x", "an hour"}, {"GET", "/stream", "none"},
	} {
		if _, body := r.send(c.method, "http://"+r.addr+c.path, nil); body != c.want {
			t.Errorf("%s %s has %q, want %q", c.method, c.path, body, c.want)
		}
	}
}
