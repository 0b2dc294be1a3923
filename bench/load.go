package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// result is what a target did in one round.
type result struct {
	perSecond float64
	latencies []time.Duration // sorted
	processor time.Duration   // of the server, for each request; 0 if unknown
	failed    int
	why       string // why one of them failed
}

func (r result) percentile(p float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(float64(len(r.latencies))*p), len(r.latencies)-1)]
}

// load sends requests over keep-alive connections for a while, each as soon as the one before is answered. It
// speaks just enough HTTP to do that with few allocations, because it shares the processors with what it
// measures; request(n) returns the complete n-th request of a connection. An answer other than 200, and 304 to who
// has asked for it, counts as failed.
func load(address string, connections int, d time.Duration, request func(connection, n int) []byte) result {
	var mu sync.Mutex
	var all result
	var wg sync.WaitGroup
	begun := time.Now()
	end := begun.Add(d)
	for c := range connections {
		wg.Go(func() {
			mine := make([]time.Duration, 0, 1<<16)
			failed, why := 0, ""
			err := drive(address, end, func(n int) []byte { return request(c, n) }, func(took time.Duration, status string) {
				if status != "200" && status != "304" {
					failed, why = failed+1, "status "+status
					return
				}
				mine = append(mine, took)
			})
			if err != nil {
				failed, why = failed+1, err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			all.latencies = append(all.latencies, mine...)
			all.failed += failed
			if why != "" {
				all.why = why
			}
		})
	}
	wg.Wait()
	all.perSecond = float64(len(all.latencies)) / time.Since(begun).Seconds()
	slices.Sort(all.latencies)
	return all
}

// drive runs one connection until end.
func drive(address string, end time.Time, request func(n int) []byte, done func(took time.Duration, status string)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { conn.Close() }()
	r := bufio.NewReaderSize(conn, 64<<10)
	for n := 0; ; n++ {
		begun := time.Now()
		if begun.After(end) {
			return nil
		}
		conn.SetDeadline(begun.Add(10 * time.Second))
		if _, err := conn.Write(request(n)); err != nil {
			return err
		}
		status, hangsUp, err := readAnswer(r)
		if err != nil {
			return err
		}
		done(time.Since(begun), status)
		if hangsUp {
			conn.Close()
			if conn, err = net.Dial("tcp", address); err != nil {
				return err
			}
			r.Reset(conn)
		}
	}
}

// readAnswer reads one answer and discards its body. It understands a Content-Length and chunks.
func readAnswer(r *bufio.Reader) (status string, hangsUp bool, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return "", false, fmt.Errorf("not HTTP: %q", line)
	}
	status = "200"
	if !bytes.Equal(line[9:12], []byte(status)) {
		status = string(line[9:12])
	}
	length, chunked := 0, false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return "", false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("Connection")):
			hangsUp = bytes.EqualFold(value, []byte("close"))
		}
	}
	if !chunked {
		_, err = r.Discard(length)
		return status, hangsUp, err
	}
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return "", false, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return "", false, err
		}
		if _, err := io.CopyN(io.Discard, r, size+2); err != nil || size == 0 {
			return status, hangsUp, err
		}
	}
}

// get returns a complete GET request.
func get(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: */*\r\n\r\n")
}

// post returns a complete POST request with a JSON body.
func post(host, path, token, body string) []byte {
	head := "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	return []byte(head + "\r\n" + body)
}

// with returns a request with one more header line.
func with(request []byte, header string) []byte {
	head, body, _ := bytes.Cut(request, []byte("\r\n\r\n"))
	return bytes.Join([][]byte{head, []byte(header + "\r\n"), body}, []byte("\r\n"))
}
