package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
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
}

// checker lets things happen on two servers, and keeps what it has done and what was told.
type checker struct {
	addresses [2]string
	binary    string
	database  string
	tokens    map[string]string

	mu          sync.Mutex
	cruds       map[string]*said
	blocks      map[[2]string][]*hiding
	suspensions map[string][]*hiding
	tellings    []telling
	viewers     []string // of the streams
	did         map[string]int
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
	c := &checker{binary: f.binary, database: url, tokens: map[string]string{}, cruds: map[string]*said{}, blocks: map[[2]string][]*hiding{}, suspensions: map[string][]*hiding{}, did: map[string]int{}}
	for i := range c.addresses {
		p, err := startCruddur(ctx, f.binary, url)
		if err != nil {
			return err
		}
		defer p.stop()
		c.addresses[i] = p.address
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
		go c.listen(i, w)
	}
	for _, address := range c.addresses {
		go c.watchHome(ctx, address)
	}
	duration := max(f.duration, 30*time.Second)
	for end := time.Now().Add(duration); time.Now().Before(end) && ctx.Err() == nil; {
		if err := c.act(ctx, db); err != nil {
			return err
		}
		time.Sleep(rand.N(60 * time.Millisecond))
	}
	stopped := time.Now()
	time.Sleep(4 * time.Second)
	cancel()
	return c.judge(stopped)
}

// listen notes what a stream tells of cruds.
func (c *checker) listen(i int, w *wire) {
	for {
		e, ok := w.next()
		if !ok {
			return
		}
		if e.kind == "new" || e.kind == "counts" {
			c.mu.Lock()
			c.tellings = append(c.tellings, telling{i, c.viewers[i], e.kind, uuidOf(e.data), e.at})
			c.mu.Unlock()
		}
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
			c.tellings = append(c.tellings, telling{-1, "", "home", string(m[1]), begun})
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
		c.note("posts", func() { c.cruds[id] = &said{author: author, asked: asked, ready: time.Now()} })
		return err
	case n < 75:
		id, s := c.some()
		if s == nil {
			return nil
		}
		_, err := send(http.MethodDelete, address, c.tokens[s.author], "/api/activities/"+id, "")
		c.note("deletions", func() { s.hidden = append(s.hidden, hide()) })
		return err
	case n < 83:
		return c.end(ctx, db, asked)
	case n < 96:
		return c.block(address, asked)
	}
	return c.suspend(ctx, authors[rand.IntN(2)], asked)
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
	c.note("ends", func() { s.hidden = append(s.hidden, &hiding{asked: asked, from: time.Now().Add(wait)}) })
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
		c.note("blocks ended", func() { list[n-1].until, list[n-1].over = asked, time.Now() })
		return err
	}
	_, err := send(http.MethodPut, address, c.tokens[pair[0]], path, "")
	c.note("blocks", func() { c.blocks[pair] = append(list, &hiding{asked: asked, from: time.Now()}) })
	return err
}

// suspend suspends an author by the command, or ends that; then they sign in again.
func (c *checker) suspend(ctx context.Context, name string, asked time.Time) error {
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
		c.note("suspensions ended", func() { list[n-1].until, list[n-1].over = asked, time.Now() })
		if err == nil {
			c.tokens[name], err = token(c.addresses[0], name)
		}
		return err
	}
	err := command("suspend")
	c.note("suspensions", func() { c.suspensions[name] = append(list, &hiding{asked: asked, from: time.Now()}) })
	return err
}

// hidings are the times in which a viewer does not see a crud.
func (c *checker) hidings(s *said, viewer string) []*hiding {
	list := slices.Concat(s.hidden, c.suspensions[s.author])
	if viewer != "" {
		list = slices.Concat(list, c.blocks[[2]string{viewer, s.author}], c.blocks[[2]string{s.author, viewer}])
	}
	return list
}

// judge compares what was told with what happened, and prints the figures.
func (c *checker) judge(stopped time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var late, latencies []time.Duration
	wrong := 0
	got := map[string]map[int]int{}
	for _, t := range c.tellings {
		s := c.cruds[t.uuid]
		if s == nil {
			return fmt.Errorf("stream %d tells of %q, which nobody has said", t.stream, t.uuid)
		}
		for _, h := range c.hidings(s, t.viewer) {
			if h.at(t.at, 0) {
				late = append(late, t.at.Sub(h.from))
			}
			if h.at(t.at, promised) {
				wrong++
				say("WRONG: %s of %s by %s to %q %s after it was hidden", t.kind, t.uuid, s.author, t.viewer, t.at.Sub(h.from))
			}
		}
		if t.kind == "new" {
			if got[t.uuid] == nil {
				got[t.uuid] = map[int]int{}
			}
			got[t.uuid][t.stream]++
			latencies = append(latencies, t.at.Sub(s.asked))
		}
	}
	owed, missing, twice := c.owed(got, stopped)
	of := func(list []time.Duration, share float64) time.Duration {
		slices.Sort(list)
		if len(list) == 0 {
			return 0
		}
		return list[min(len(list)-1, int(share*float64(len(list))))].Round(time.Millisecond)
	}
	fmt.Printf("what happened on two servers: %v\n", c.did)
	fmt.Printf("%d mentions by 50 streams and two home feeds: %d of something that was hidden already, at most %s after (promised: %s); %d too late\n",
		len(c.tellings), len(late), of(late, 1), promised, wrong)
	fmt.Printf("%d cruds owed to streams: %d missing, %d twice; from the request to the stream p50 %s, p99 %s, all %s\n",
		owed, missing, twice, of(latencies, 0.5), of(latencies, 0.99), of(latencies, 1))
	if wrong+missing+twice > 0 {
		return fmt.Errorf("%d too late, %d missing, %d twice", wrong, missing, twice)
	}
	return nil
}

// owed counts the cruds that streams should have told, once each, and those that they did not. got is how often each crud
// was told by each stream.
func (c *checker) owed(got map[string]map[int]int, stopped time.Time) (owed, missing, twice int) {
	for id, s := range c.cruds {
		for i, viewer := range c.viewers {
			n := got[id][i]
			if n > 1 {
				twice++
				say("TWICE: %s to %q, %d times", id, viewer, n)
			}
			if slices.ContainsFunc(c.hidings(s, viewer), func(h *hiding) bool { return h.touches(s.asked.Add(-promised), s.ready.Add(3*time.Second)) }) {
				continue
			}
			if owed++; n == 0 {
				missing++
				say("MISSING: %s by %s, said %s before the end, to %q", id, s.author, stopped.Sub(s.ready), viewer)
			}
		}
	}
	return owed, missing, twice
}
