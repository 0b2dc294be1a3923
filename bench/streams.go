package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The measurement of many streams: 9 of 10 are strangers', the others belong to members, and some are never read.
const (
	neverRead   = 100
	perMember   = 20
	streamPosts = 60
)

// crowd is many open streams.
type crowd struct {
	address string
	mu      sync.Mutex
	seen    map[string][]time.Time // by crud: when each stream had it
	ended   atomic.Int64
	backs   []int // after how many milliseconds the streams are told to come back
	unread  []net.Conn
}

// streams opens n streams, posts, and reports when the cruds arrive, what the streams take, and how the server stops.
func streams(ctx context.Context, f flags, db *database, n int) error {
	url, err := emptyDatabase(ctx, db, f.binary, "bench_streams")
	if err != nil {
		return err
	}
	cruddur, err := startCruddur(ctx, f.binary, url, "CRUDDUR_STREAMS="+strconv.Itoa(n+neverRead+10))
	if err != nil {
		return err
	}
	defer cruddur.stop()
	author, err := signIn(ctx, f.binary, url, cruddur.address, "author")
	if err != nil {
		return err
	}
	c := &crowd{address: cruddur.address, seen: map[string][]time.Time{}}
	idle := cruddur.memory()
	opened := time.Now()
	if err := c.open(ctx, f.binary, url, n); err != nil {
		return err
	}
	opening := time.Since(opened)
	time.Sleep(3 * time.Second)
	full := cruddur.memory()
	alone, err := c.latencies(author, n)
	if err != nil {
		return err
	}
	for range neverRead {
		w, err := dial(ctx, c.address, "/api/stream", "127.0.1.1", "", true)
		if err != nil {
			return err
		}
		c.unread = append(c.unread, w.conn)
	}
	beside, err := c.latencies(author, n)
	if err != nil {
		return err
	}
	busy := cruddur.memory()
	begun := time.Now()
	_ = cruddur.cmd.Process.Signal(syscall.SIGTERM)
	_ = cruddur.cmd.Wait()
	stopped := time.Since(begun)
	for end := time.Now().Add(10 * time.Second); c.ended.Load() < int64(n) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	slices.Sort(c.backs)
	fmt.Printf("%d streams, opened in %s\n", n, opening.Round(time.Millisecond))
	fmt.Printf("memory: %.1f MB without streams, %.1f MB with them: %.1f kB each; %.1f MB at the end\n", mb(idle), mb(full), float64(full-idle)/float64(n)/1024, mb(busy))
	fmt.Printf("a new crud at all of them: %s\n", alone)
	fmt.Printf("the same beside %d that never read: %s\n", neverRead, beside)
	fmt.Printf("SIGTERM: the server is gone after %s; %d streams have ended, and come back after %d to %d ms, half of them before %d ms\n",
		stopped.Round(time.Millisecond), c.ended.Load(), c.backs[0], c.backs[len(c.backs)-1], c.backs[len(c.backs)/2])
	return nil
}

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// open opens the streams, 50 at a time.
func (c *crowd) open(ctx context.Context, binary, database string, n int) error {
	var tokens []string
	for i := range n / 10 / perMember {
		token, err := signIn(ctx, binary, database, c.address, "member"+strconv.Itoa(i))
		if err != nil {
			return err
		}
		tokens = append(tokens, token)
	}
	gate := make(chan struct{}, 50)
	failed := make(chan error, n)
	for i := range n {
		gate <- struct{}{}
		go func() {
			defer func() { <-gate }()
			path, token := "/live", ""
			if i < len(tokens)*perMember {
				path, token = "/api/stream", tokens[i%len(tokens)]
			}
			w, err := dial(ctx, c.address, path, fmt.Sprintf("127.0.0.%d", 2+i%200), token, false)
			if err != nil {
				failed <- err
				return
			}
			go c.read(w)
		}()
	}
	for range cap(gate) {
		gate <- struct{}{}
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (c *crowd) read(w *wire) {
	defer c.ended.Add(1)
	defer w.conn.Close()
	var data string
	for w.body.Scan() {
		line := w.body.Text()
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			data = text
			at := time.Now()
			id := uuidOf(data)
			c.mu.Lock()
			c.seen[id] = append(c.seen[id], at)
			c.mu.Unlock()
		}
		if text, ok := strings.CutPrefix(line, "retry: "); ok {
			ms, _ := strconv.Atoi(text)
			c.mu.Lock()
			c.backs = append(c.backs, ms)
			c.mu.Unlock()
		}
	}
}

// latencies posts some cruds, one in half a second, and reports when they were at the streams, counted from the request.
func (c *crowd) latencies(author string, n int) (string, error) {
	sent := map[string]time.Time{}
	for i := range streamPosts {
		begun := time.Now()
		id, err := postCrud(c.address, author, fmt.Sprintf("crud %d, which is about as long as people write: a sentence or two, and then it ends.", i))
		if err != nil {
			return "", err
		}
		sent[id] = begun
		time.Sleep(470 * time.Millisecond)
	}
	time.Sleep(3 * time.Second)
	var all, last []time.Duration
	missing := 0
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, begun := range sent {
		latest := time.Duration(0)
		for _, at := range c.seen[id] {
			all = append(all, at.Sub(begun))
			latest = max(latest, at.Sub(begun))
		}
		missing += n - len(c.seen[id])
		last = append(last, latest)
	}
	slices.Sort(all)
	slices.Sort(last)
	at := func(list []time.Duration, share float64) time.Duration {
		return list[min(len(list)-1, int(share*float64(len(list))))].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %s, p99 %s, all %s; the last stream of a crud: median %s; %d of %d missing",
		at(all, 0.5), at(all, 0.99), at(all, 1), at(last, 0.5), missing, n*len(sent)), nil
}

// postCrud posts a crud that lives for a day and returns its UUID.
func postCrud(address, token, message string) (string, error) {
	text, err := json.Marshal(message)
	if err != nil {
		return "", err
	}
	body, err := send(http.MethodPost, address, token, "/api/activities", `{"ttl":"1-day","message":`+string(text)+`}`)
	return uuidOf(string(body)), err
}
