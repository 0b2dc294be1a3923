package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"time"
)

// promised is how long after it has become invisible something may still be told.
const promised = time.Second

// hiding is a time in which something cannot be seen. It begins and ends somewhere within a request each.
type hiding struct {
	asked, from time.Time
	until, over time.Time // zero: for ever
}

// at reports whether something is surely hidden at a moment, for longer than d.
func (h *hiding) at(t time.Time, d time.Duration) bool {
	return t.Sub(h.from) > d && (h.until.IsZero() || t.Before(h.until))
}

// touches reports whether it may be hidden at some moment between two.
func (h *hiding) touches(from, until time.Time) bool {
	return h.asked.Before(until) && (h.over.IsZero() || h.over.After(from))
}

// said is a crud of the checker.
type said struct {
	author       string
	asked, ready time.Time
	hidden       []*hiding
}

// telling is one mention of a crud by a stream, or by the home feed.
type telling struct {
	stream int // -1: the home feed
	viewer string
	kind   string
	uuid   string
	at     time.Time
	gaps   int // of which the stream had told before: after one its reader begins anew
}

// gap is a time at which the reader of a stream has read the feed, because the stream told of a gap.
type gap struct {
	stream int
	at     time.Time
}

// checker lets things happen on two servers, and keeps what it has done and what was told.
type checker struct {
	addresses [2]string
	servers   [2]*process
	binary    string
	database  string
	kill      bool
	tokens    map[string]string

	mu          sync.Mutex
	cruds       map[string]*said
	blocks      map[[2]string][]*hiding
	suspensions map[string][]*hiding
	tellings    []telling
	viewers     []string // of the streams
	did         map[string]int
	gaps        []gap
	read        map[string]map[int]bool // what a stream's reader has read of the feed after a gap
}

var (
	readers = []string{"ana", "ben", "col", "dee"}
	authors = append([]string{"eli", "fay"}, readers...) // the first two are suspended now and then
)

// live runs the checker.
func live(ctx context.Context, f flags, db *database) error {
	url, err := emptyDatabase(ctx, db, f.binary, "bench_live")
	if err != nil {
		return err
	}
	c := &checker{binary: f.binary, database: url, kill: f.kill, read: map[string]map[int]bool{}, tokens: map[string]string{}, cruds: map[string]*said{}, blocks: map[[2]string][]*hiding{}, suspensions: map[string][]*hiding{}, did: map[string]int{}}
	urls := [2]string{url, url}
	var pooler *pooler
	if f.kill {
		if pooler, err = startPooler(url); err != nil {
			return err
		}
		defer pooler.stop()
		urls[1] = pooler.url
	}
	for i := range c.servers {
		if c.servers[i], err = startCruddur(ctx, f.binary, urls[i]); err != nil {
			return err
		}
		defer func() { c.servers[i].stop() }()
		c.addresses[i] = c.servers[i].address
	}
	for _, name := range authors {
		if c.tokens[name], err = signIn(ctx, f.binary, url, c.addresses[0], name); err != nil {
			return err
		}
	}
	time.Sleep(2 * time.Second) // the second server learns who signs the tokens
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range 50 {
		viewer, path := "", "/live"
		switch {
		case i%5 < 2:
			viewer, path = readers[i%len(readers)], "/api/stream"
		case i%5 == 2:
			path = "/api/stream"
		}
		w, err := dial(ctx, c.addresses[i%2], path, "", c.tokens[viewer], false)
		if err != nil {
			return err
		}
		c.viewers = append(c.viewers, viewer)
		go c.listen(ctx, i, path, w)
	}
	for _, address := range c.addresses {
		go c.watchHome(ctx, address)
	}
	acts := func(d time.Duration) error {
		for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(rand.N(60 * time.Millisecond)) {
			if err := c.act(ctx, db); err != nil {
				if !c.kill {
					return err
				}
				c.note("refused", func() {})
			}
		}
		return nil
	}
	duration := max(f.duration, 30*time.Second)
	if f.kill {
		err = c.kills(ctx, duration, acts, db, pooler, urls)
	} else {
		err = acts(duration)
	}
	if err != nil {
		return err
	}
	stopped := time.Now()
	time.Sleep(4 * time.Second)
	cancel()
	return c.judge(stopped)
}

// listen notes what a stream tells of cruds. When it ends, its reader comes back to either server and goes on, as a browser
// does; told of a gap, they read the feed.
func (c *checker) listen(ctx context.Context, i int, path string, w *wire) {
	last, gaps := "", 0
	for {
		e, ok := w.next()
		for tries := i; !ok; tries++ {
			w.conn.Close()
			time.Sleep(rand.N(time.Second))
			if ctx.Err() != nil {
				return
			}
			again, err := resume(ctx, c.addresses[tries%2], path, "", c.tokens[c.viewers[i]], last, false)
			if err == nil {
				w = again
				c.note("streams resumed", func() {})
				e, ok = w.next()
			}
		}
		last = e.id
		switch e.kind {
		case "new", "counts":
			c.mu.Lock()
			c.tellings = append(c.tellings, telling{i, c.viewers[i], e.kind, uuidOf(e.data), e.at, gaps})
			c.mu.Unlock()
		case "reload":
			gaps++
			c.catchUp(i)
		}
	}
}

// catchUp reads the feed as the reader of a stream who was told of a gap.
func (c *checker) catchUp(i int) {
	for tries := i; tries < i+60; tries++ {
		begun := time.Now()
		body, err := send(http.MethodGet, c.addresses[tries%2], c.tokens[c.viewers[i]], "/api/activities/home?limit=100", "")
		if err != nil {
			time.Sleep(rand.N(500 * time.Millisecond))
			continue
		}
		c.mu.Lock()
		c.gaps = append(c.gaps, gap{i, begun})
		for _, m := range uuids.FindAllSubmatch(body, -1) {
			id := string(m[1])
			c.tellings = append(c.tellings, telling{-1, c.viewers[i], "home", id, begun, 0})
			if c.read[id] == nil {
				c.read[id] = map[int]bool{}
			}
			c.read[id][i] = true
		}
		c.did["feeds read after a reload"]++
		c.mu.Unlock()
		return
	}
}

var uuids = regexp.MustCompile(`{"uuid":"([0-9a-f-]{36})"`)

// watchHome notes what the home feed shows, which each server keeps in memory. It counts from the beginning of the request.
func (c *checker) watchHome(ctx context.Context, address string) {
	for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		begun := time.Now()
		body, err := send(http.MethodGet, address, "", "/api/activities/home?limit=100", "")
		if err != nil {
			continue
		}
		c.mu.Lock()
		for _, m := range uuids.FindAllSubmatch(body, -1) {
			c.tellings = append(c.tellings, telling{-1, "", "home", string(m[1]), begun, 0})
		}
		c.mu.Unlock()
	}
}

// act lets one thing happen.
func (c *checker) act(ctx context.Context, db *database) error {
	address := c.addresses[rand.IntN(2)]
	asked := time.Now()
	hide := func() *hiding { return &hiding{asked: asked, from: time.Now()} }
	switch n := rand.IntN(100); {
	case n < 60:
		author := authors[rand.IntN(len(authors))]
		if c.suspended(author) {
			return nil
		}
		id, err := postCrud(address, c.tokens[author], "said at "+asked.Format(time.RFC3339Nano))
		if err != nil { // it may stand there all the same, and nobody knows its id
			return err
		}
		c.note("posts", func() { c.cruds[id] = &said{author: author, asked: asked, ready: time.Now()} })
		return err
	case n < 75:
		id, s := c.some()
		if s == nil {
			return nil
		}
		_, err := send(http.MethodDelete, address, c.tokens[s.author], "/api/activities/"+id, "")
		c.note("deletions", func() { s.hidden = append(s.hidden, unsure(hide(), err)) })
		return err
	case n < 83:
		return c.end(ctx, db, asked)
	case n < 96:
		return c.block(address, asked)
	}
	return c.suspend(ctx, address, authors[rand.IntN(2)], asked)
}

func (c *checker) note(what string, change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.did[what]++
	change()
}

// suspended reports whether a member is suspended now.
func (c *checker) suspended(name string) bool {
	list := c.suspensions[name]
	return len(list) > 0 && list[len(list)-1].until.IsZero()
}

// some returns a crud that is alive, by somebody who is not suspended.
func (c *checker) some() (string, *said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.cruds {
		if len(s.hidden) == 0 && !c.suspended(s.author) {
			return id, s
		}
	}
	return "", nil
}

// end lets a crud end, at once or in a second.
func (c *checker) end(ctx context.Context, db *database, asked time.Time) error {
	id, s := c.some()
	if s == nil {
		return nil
	}
	wait := time.Duration(rand.IntN(2)) * time.Second
	_, err := db.sql(ctx, "bench_live", fmt.Sprintf("update activities set expires_at = greatest(now() + interval '%d seconds', created_at + interval '1 microsecond') where uuid = '%s';", int(wait.Seconds()), id))
	c.note("ends", func() { s.hidden = append(s.hidden, unsure(&hiding{asked: asked, from: time.Now().Add(wait)}, err)) })
	return err
}

// block lets a reader block somebody, or ends that.
func (c *checker) block(address string, asked time.Time) error {
	pair := [2]string{readers[rand.IntN(len(readers))], authors[rand.IntN(len(authors))]}
	open := func(list []*hiding) bool { return len(list) > 0 && list[len(list)-1].until.IsZero() }
	if pair[0] == pair[1] || c.suspended(pair[1]) || open(c.blocks[[2]string{pair[1], pair[0]}]) {
		return nil
	}
	list := c.blocks[pair]
	path := "/api/users/@" + pair[1] + "/block"
	if n := len(list); open(list) {
		_, err := send(http.MethodDelete, address, c.tokens[pair[0]], path, "")
		c.note("blocks ended", func() { list[n-1].end(asked, err) })
		return err
	}
	_, err := send(http.MethodPut, address, c.tokens[pair[0]], path, "")
	c.note("blocks", func() { c.blocks[pair] = append(list, unsure(&hiding{asked: asked, from: time.Now()}, err)) })
	return err
}

// suspend suspends an author by the command, or ends that; then they sign in again.
func (c *checker) suspend(ctx context.Context, address, name string, asked time.Time) error {
	list := c.suspensions[name]
	command := func(what string) error {
		cmd := exec.CommandContext(ctx, c.binary, "user", what, name)
		cmd.Env = append(os.Environ(), "CONNECTION_URL="+c.database)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("user %s: %w: %s", what, err, out)
		}
		return nil
	}
	if n := len(list); n > 0 && list[n-1].until.IsZero() {
		err := command("unsuspend")
		c.note("suspensions ended", func() { list[n-1].end(asked, err) })
		if err == nil {
			c.tokens[name], err = token(address, name)
		}
		return err
	}
	err := command("suspend")
	c.note("suspensions", func() { c.suspensions[name] = append(list, unsure(&hiding{asked: asked, from: time.Now()}, err)) })
	return err
}
