package httpserver_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cruddur/internal/httpserver"
)

// Answers of every length around net/http's buffer come whole and at once, one after the other on one connection, with
// and without a length, in one write and in several, for GET and HEAD.
func TestGatheredAnswers(t *testing.T) {
	t.Parallel()
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		n, _ := strconv.Atoi(q.Get("n"))
		body := strings.Repeat("x", n)
		w.Header().Set("Content-Type", "image/png") // is not compressed
		if q.Has("length") {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		if q.Has("parts") {
			for len(body) > 0 {
				k := min(3000, len(body))
				io.WriteString(w, body[:k])
				body = body[k:]
			}
			return
		}
		if q.Has("flush") {
			w.Write([]byte(body))
			http.NewResponseController(w).Flush()
			return
		}
		w.Write([]byte(body))
	})})
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for _, how := range []string{"length", "", "length&parts", "parts", "length&flush"} {
		for _, n := range []int{0, 1, 2047, 2048, 2049, 3500, 3700, 3900, 4095, 4096, 4097, 4098, 7000, 8191, 8192, 8193, 100_000} {
			for _, method := range []string{"GET", "HEAD", "GET"} {
				conn.SetDeadline(time.Now().Add(time.Minute)) // an answer that is kept back for ever
				io.WriteString(conn, method+" /?n="+strconv.Itoa(n)+"&"+how+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
				req, err := http.NewRequest(method, "/", nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := http.ReadResponse(in, req)
				if err != nil {
					t.Fatalf("%s of %d bytes, %s: %v", method, n, how, err)
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				if want := n; err != nil || method == "GET" && len(b) != want || strings.Trim(string(b), "x") != "" {
					t.Fatalf("%s of %d bytes, %s: %d bytes, %v", method, n, how, len(b), err)
				}
			}
		}
	}
}
