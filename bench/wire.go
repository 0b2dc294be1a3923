package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// wire is a stream of events over a connection of its own.
type wire struct {
	conn net.Conn
	body *bufio.Scanner
}

// dial opens a stream. from is the address of this machine that it comes from, or ""; token may be "".
func dial(ctx context.Context, address, path, from, token string, narrow bool) (*wire, error) {
	return resume(ctx, address, path, from, token, "", narrow)
}

// resume is dial for a stream that goes on after an event, if last is not "".
func resume(ctx context.Context, address, path, from, token, last string, narrow bool) (*wire, error) {
	d := net.Dialer{Timeout: 30 * time.Second}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if narrow { // who never reads should not be helped by the kernel
		_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	}
	r := "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if token != "" {
		r += "Authorization: Bearer " + token + "\r\n"
	}
	if last != "" {
		r += "Last-Event-ID: " + last + "\r\n"
	}
	if _, err := conn.Write([]byte(r + "\r\n")); err != nil {
		conn.Close()
		return nil, err
	}
	w := &wire{conn: conn}
	if narrow {
		return w, nil
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		conn.Close()
		return nil, fmt.Errorf("%s: %s", path, res.Status)
	}
	w.body = bufio.NewScanner(res.Body)
	w.body.Buffer(make([]byte, 0, 4096), 1<<20)
	for w.body.Scan() && w.body.Text() != "" { // its greeting
	}
	return w, w.body.Err()
}

// event is one event of a stream.
type event struct {
	kind, id, data string
	at             time.Time
}

// next returns the next event; ok is false when the stream has ended. What is no event, such as a comment or the time to
// come back, is left out.
func (w *wire) next() (e event, ok bool) {
	for w.body.Scan() {
		line := w.body.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && e.data != "":
			e.at = time.Now()
			return e, true
		case name == "event":
			e.kind = value
		case name == "id":
			e.id = value
		case name == "data":
			e.data = value
		}
	}
	return e, false
}

// uuidOf returns the crud that an event names first, or "".
func uuidOf(data string) string {
	text, ok := strings.CutPrefix(data, `{"uuid":"`)
	if !ok || len(text) < 36 {
		return ""
	}
	return text[:36]
}

// emptyDatabase makes a migrated database without rows, and returns its address.
func emptyDatabase(ctx context.Context, db *database, binary, name string) (string, error) {
	if _, err := db.sql(ctx, "postgres", "drop database if exists "+name+" with (force);"); err != nil {
		return "", err
	}
	if _, err := db.sql(ctx, "postgres", "create database "+name+";"); err != nil {
		return "", err
	}
	url := db.server.URL(name)
	cmd := exec.CommandContext(ctx, binary, "db", "migrate")
	cmd.Env = append(os.Environ(), "CONNECTION_URL="+url)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("db migrate: %w: %s", err, out)
	}
	return url, nil
}
