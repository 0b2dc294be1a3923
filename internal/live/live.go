// Package live tells open pages and programs what is new, what has gone and what concerns their member, as server-sent
// events (WHATWG HTML, 9.2). The database is the truth: the hub asks it twice a second, so writes of this server, of
// others and by hand take the same way. It must not know routes, cookies or tokens, and it must never name to a viewer
// what the viewer may not see.
package live

import (
	"context"
	"crypto/rand"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"time"

	"cruddur"
)

// Store is the part of the database that the hub reads.
type Store interface {
	News(ctx context.Context, floor int64, since, now time.Time) (cruddur.News, error)
	TellCounts(ctx context.Context, activities []cruddur.UUID) error
	Those(ctx context.Context, activities []cruddur.UUID, now time.Time) ([]cruddur.Activity, error)
	Above(ctx context.Context, activities []cruddur.UUID, now time.Time) ([][]cruddur.UUID, error)
	ToldOf(ctx context.Context, activities []cruddur.UUID) ([]cruddur.UUID, error)
	TiesOf(ctx context.Context, viewers, others []cruddur.UUID, now time.Time) ([]cruddur.Tie, error)
	UnreadOf(ctx context.Context, members []cruddur.UUID, now time.Time) ([]cruddur.UnreadNumbers, error)
}

// Metrics receives the hub's events. Its methods are called from several goroutines.
type Metrics interface {
	Opened()                                // cruddur_streams
	Closed(why string)                      // cruddur_streams, cruddur_streams_closed_total{why}
	Told(kind string, streams int)          // cruddur_stream_events_total{kind}: an event for this many streams
	Polled(behind time.Duration, err error) // cruddur_stream_poll_delay_seconds, cruddur_stream_poll_failures_total
}

// Config configures a hub. Store and Activity are required.
type Config struct {
	Store    Store
	Activity func(b []byte, a *cruddur.Activity) []byte // appends the JSON of the API
	Log      *slog.Logger                               // nil: discard
	Metrics  Metrics                                    // nil: none
	Most     int                                        // streams in total; 0: MostStreams
	Sized    func(streams int)                          // if set, it is told now and then how many streams there are
	Place    func()                                     // if set, it is told that who may read has changed
	Hidden   func()                                     // if set, it is told that something is gone which may be kept elsewhere
	Now      func() time.Time                           // nil: the clock
}

// The limits of streams. Those of strangers are counted by address, behind which there may be a whole class.
const (
	MostStreams      = 5000
	mostOfMember     = 20
	mostAtAddress    = 300
	every            = 500 * time.Millisecond // between two questions to the database
	overlap          = 10 * time.Second       // how much older than a poll an activity may be that it finds for the first time
	ringLife         = time.Minute            // how long what was told can be told again
	mostInRing       = 20_000                 // events
	mostCounts       = 100                    // activities in one poll whose numbers are told, the newest
	mostDirty        = 10_000                 // activities whose numbers wait to be told to other servers
	pollTimeout      = 5 * time.Second
	rowLife          = 45 * time.Second // of a change in the database, less a margin
	gapAfterFailures = 30 * time.Second
)

// Hub asks the database and passes what it learns to all streams.
type Hub struct {
	c    Config
	boot string // part of each event's id

	dirtyMu sync.Mutex
	dirty   map[cruddur.UUID]struct{} // activities whose numbers this server has changed

	now position // only used by Run

	mu        sync.Mutex
	last      uint64 // number of the newest event
	forgotten uint64 // number of the newest event that the ring has lost
	ring      []*batch
	held      int // events in the ring
	goners    goners
	streams   map[*Stream]struct{}
	members   map[cruddur.UUID]int
	addresses map[netip.Prefix]int
	serial    uint64 // of the newest stream
	draining  bool
	sized     int
	closing   chan struct{}
}

// position is how far the hub has read.
type position struct {
	floor     int64
	heldSince time.Time // since when the transaction at floor has been under way; zero: none is
	changes   map[int64]struct{}
	known     map[cruddur.UUID]struct{}
	succeeded time.Time
}

// New returns a hub; Run lets it work.
func New(c Config) *Hub {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = nothing{}
	}
	if c.Most == 0 {
		c.Most = MostStreams
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Hub{
		c: c, boot: rand.Text()[:8], dirty: map[cruddur.UUID]struct{}{},
		now:     position{floor: math.MaxInt64},
		goners:  goners{activities: map[cruddur.UUID]time.Time{}, members: map[cruddur.UUID]time.Time{}},
		streams: map[*Stream]struct{}{}, members: map[cruddur.UUID]int{}, addresses: map[netip.Prefix]int{},
		closing: make(chan struct{}),
	}
}

// Run asks the database until ctx ends. If it does not answer, Run tries again.
func (h *Hub) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var told time.Time
	for {
		err := h.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		now := h.c.Now()
		h.c.Metrics.Polled(now.Sub(h.now.succeeded), err)
		if err != nil && now.Sub(told) > time.Minute {
			told = now
			h.c.Log.Warn("live: what is new is not known, trying again", "err", err)
		}
		h.resize()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Created implements postgres.Watcher. What is new is read from the database.
func (h *Hub) Created(cruddur.Activity) {}

// Deleted implements postgres.Watcher. A trigger tells of it.
func (h *Hub) Deleted(cruddur.UUID) {}

// Changed implements postgres.Watcher. A trigger tells of what matters.
func (h *Hub) Changed() {}

// Updated implements postgres.Watcher: the numbers of an activity have changed, which all servers are told with the
// next poll.
func (h *Hub) Updated(a cruddur.Activity, _ uint64) {
	h.dirtyMu.Lock()
	defer h.dirtyMu.Unlock()
	if len(h.dirty) < mostDirty {
		h.dirty[a.UUID] = struct{}{}
	}
}

// flush tells all servers which numbers have changed here.
func (h *Hub) flush(ctx context.Context) {
	h.dirtyMu.Lock()
	dirty := h.dirty
	if len(dirty) > 0 {
		h.dirty = map[cruddur.UUID]struct{}{}
	}
	h.dirtyMu.Unlock()
	if len(dirty) == 0 {
		return
	}
	list := make([]cruddur.UUID, 0, len(dirty))
	for id := range dirty {
		list = append(list, id)
	}
	if err := h.c.Store.TellCounts(ctx, list); err == nil {
		return
	}
	h.dirtyMu.Lock()
	defer h.dirtyMu.Unlock()
	for id := range dirty {
		if len(h.dirty) < mostDirty {
			h.dirty[id] = struct{}{}
		}
	}
}

// Drain ends all streams, and refuses new ones: the server stops.
func (h *Hub) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return
	}
	h.draining = true
	close(h.closing)
	for s := range h.streams {
		s.hurry(goodbye)
	}
}

// resize tells how many streams there are, if that has changed by enough to matter.
func (h *Hub) resize() {
	h.mu.Lock()
	n := len(h.streams)
	changed := n-h.sized >= 50 || h.sized-n >= 50
	if changed {
		h.sized = n
	}
	h.mu.Unlock()
	if changed && h.c.Sized != nil {
		h.c.Sized(n)
	}
}

type nothing struct{}

func (nothing) Opened()                     {}
func (nothing) Closed(string)               {}
func (nothing) Told(string, int)            {}
func (nothing) Polled(time.Duration, error) {}
