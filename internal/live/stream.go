package live

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"cruddur"
)

// Feed is the feed whose new cruds a program is told.
type Feed int

// The feeds. A page is told of all of them.
const (
	HomeFeed Feed = iota
	FollowingFeed
	NoFeed
)

// Options say what a stream is for.
type Options struct {
	Member  cruddur.UUID // the nil UUID: a stranger
	Ignores bool         // the member may ignore somebody
	Form    form
	Feed    Feed         // of a program
	Thread  cruddur.UUID // of a program: the crud whose replies are told too
	Address netip.Addr
	After   string    // the id of the last event that the reader has got; "": from now on
	Until   time.Time // when the reader's token ends; the zero time: never
	// Check reports whether the reader may still be there, and whether they may ignore somebody. It is called now and
	// then, and at once when that has changed.
	Check func(ctx context.Context) (ignores bool, err error)
}

const (
	heartbeat    = 25 * time.Second
	checkEvery   = time.Minute
	checkTimeout = 2 * time.Second
	queueLength  = 16
	patience     = 10 * time.Second // for one write
	goodbye      = 2 * time.Second  // for the last one
	fresh        = time.Second      // how old something may be that is written without looking again
	retry        = 2 * time.Second
	comeBack     = 5 * time.Second // within which those whose server stops come back
)

// Stream is one open connection.
type Stream struct {
	h      *Hub
	o      Options
	serial uint64
	queue  chan *batch
	slow   chan struct{} // closed when the queue is full
	stale  atomic.Bool   // Check must be called before anything is written
	ignore atomic.Bool   // the member may ignore somebody
	out    atomic.Pointer[http.ResponseController]

	replay []*batch
	after  uint64 // the number of the last event that the reader has got
	start  string // the id with which the stream begins
	lost   bool   // what came after Options.After is not known any more
	next   time.Time
}

// Open registers a stream, so that it misses nothing from now on; Serve must follow. Too many streams are
// KindTooMany or, for the whole server, KindUnavailable.
func (h *Hub) Open(o Options) (*Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	network := networkOf(o.Address)
	switch {
	case h.draining:
		return nil, refused(cruddur.KindUnavailable, 1+rand.IntN(5))
	case !o.Member.IsZero() && h.members[o.Member] >= mostOfMember, o.Member.IsZero() && h.addresses[network] >= mostAtAddress:
		return nil, refused(cruddur.KindTooMany, 60)
	case len(h.streams) >= h.c.Most:
		return nil, refused(cruddur.KindUnavailable, 30+rand.IntN(30))
	}
	h.serial++
	s := &Stream{h: h, o: o, serial: h.serial, queue: make(chan *batch, queueLength), slow: make(chan struct{}), after: h.last}
	if o.After != "" {
		var ok bool
		s.after, s.replay, ok = h.missed(o.After)
		if s.lost = !ok; s.lost {
			s.after = h.last
		}
	}
	s.start = h.id(s.after)
	s.ignore.Store(o.Ignores)
	h.streams[s] = struct{}{}
	if o.Member.IsZero() {
		h.addresses[network]++
	} else {
		h.members[o.Member]++
	}
	h.c.Metrics.Opened()
	return s, nil
}

func refused(kind cruddur.Kind, seconds int) error {
	err := cruddur.NewError(kind)
	err.RetryAfter = seconds
	return err
}

// networkOf returns what counts as one address: of IPv6 a /64, which is the least that anybody gets.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

func (s *Stream) close(why string) {
	h := s.h
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	if s.o.Member.IsZero() {
		network := networkOf(s.o.Address)
		if h.addresses[network]--; h.addresses[network] == 0 {
			delete(h.addresses, network)
		}
	} else if h.members[s.o.Member]--; h.members[s.o.Member] == 0 {
		delete(h.members, s.o.Member)
	}
	h.c.Metrics.Closed(why)
}

// take queues a batch if it concerns the stream. A stream whose queue is full is dropped.
func (s *Stream) take(b *batch) bool {
	stranger := s.o.Member.IsZero()
	if stranger && b.place || !stranger && (b.programs && s.o.Form == Program || slices.Contains(b.rechecked, s.o.Member)) {
		s.stale.Store(true)
		s.hurry(fresh)
	} else if len(b.items) == 0 && len(b.private[s.o.Member]) == 0 {
		return false
	}
	if !stranger && slices.Contains(b.ignoring, s.o.Member) {
		s.ignore.Store(true)
	}
	select {
	case s.queue <- b:
		return true
	default:
	}
	select {
	case <-s.slow:
	default:
		close(s.slow)
	}
	return false
}

// hurry lets a write that is under way fail soon.
func (s *Stream) hurry(d time.Duration) {
	if c := s.out.Load(); c != nil {
		_ = c.SetWriteDeadline(time.Now().Add(d))
	}
}

// Serve writes events until the reader goes, or may no longer be there, or the server stops.
func (s *Stream) Serve(w http.ResponseWriter, r *http.Request) {
	s.close(s.serve(w, r))
}

// serve returns why the stream has ended.
func (s *Stream) serve(w http.ResponseWriter, r *http.Request) (why string) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // otherwise the server takes the silent reader for one who is gone
	s.out.Store(c)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx would collect the events
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return "head"
	}
	ctx := r.Context()
	write := func(b []byte) bool {
		// First the deadline and then the question: whoever makes the stream stale does it in the other order.
		_ = c.SetWriteDeadline(time.Now().Add(patience))
		if s.stale.Load() && !s.check(ctx, true) {
			return false
		}
		_, err := w.Write(b)
		if err == nil {
			err = c.Flush()
		}
		return err == nil
	}
	if b, err := s.greeting(ctx); err != nil || !write(b) {
		return "write"
	}
	s.next = time.Now().Add(checkEvery/2 + rand.N(checkEvery/2))
	timer := time.NewTimer(heartbeat)
	defer timer.Stop()
	for {
		var out []byte
		select {
		case <-ctx.Done():
			return "reader"
		case <-s.slow:
			return "slow"
		case <-s.h.closing:
			_ = c.SetWriteDeadline(time.Now().Add(goodbye))
			_, _ = w.Write(append(strconv.AppendInt([]byte("retry: "), rand.N(comeBack).Milliseconds(), 10), "\n\n"...))
			_ = c.Flush()
			return "stop"
		case b := <-s.queue:
			var err error
			if out, err = s.render(ctx, b); err != nil {
				return "database"
			}
		case <-timer.C:
			out = []byte(":\n\n")
		}
		if !s.standing(ctx) {
			return "access"
		}
		if len(out) > 0 {
			if !write(out) {
				return "write"
			}
			timer.Reset(heartbeat)
		}
		_ = c.SetWriteDeadline(time.Time{}) // HTTP/2 ends a stream at its deadline even if nothing is being written
	}
}

// greeting is what a stream begins with: an id, so that a reader who is cut off at once can come back to here, and what was
// missed.
func (s *Stream) greeting(ctx context.Context) ([]byte, error) {
	b := strconv.AppendInt([]byte("retry: "), retry.Milliseconds(), 10)
	b = append(append(append(b, "\nid: "...), s.start...), "\n\n"...)
	if s.lost {
		return append(append(append(b, "event: reload\nid: "...), s.start...), "\ndata: {\"reason\":\"gap\"}\n\n"...), nil
	}
	for _, old := range s.replay {
		var err error
		if b, err = s.again(ctx, b, old); err != nil {
			return nil, err
		}
	}
	s.replay = nil
	return b, nil
}

// standing reports whether the reader may still be there.
func (s *Stream) standing(ctx context.Context) bool {
	now := time.Now()
	switch {
	case !s.o.Until.IsZero() && !s.h.c.Now().Before(s.o.Until):
		return false
	case s.stale.Load():
		return s.check(ctx, true)
	case now.Before(s.next):
		return true
	}
	s.next = now.Add(checkEvery)
	return s.check(ctx, false)
}

// check asks whether the reader may still be there. If that cannot be found out, those of whom it is known that something has
// changed may not.
func (s *Stream) check(ctx context.Context, strict bool) bool {
	if s.o.Check == nil {
		return true
	}
	s.stale.Store(false) // before: what changes meanwhile is checked again
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	ignores, err := s.o.Check(ctx)
	if err != nil {
		return !strict && cruddur.KindOf(err) == cruddur.KindUnavailable
	}
	s.ignore.Store(ignores)
	return true
}

// variant returns which of the shared bytes are those of the stream.
func (s *Stream) variant() variant {
	switch {
	case s.o.Form == Page:
		return pages
	case !s.o.Thread.IsZero() || s.o.Feed == FollowingFeed:
		return own
	case s.o.Feed == NoFeed:
		return noFeeds
	}
	return homes
}

// render returns the bytes of a batch for this stream. Nearly always they are the same for all.
func (s *Stream) render(ctx context.Context, b *batch) ([]byte, error) {
	if b.asked && s.serial > b.serial || s.h.c.Now().Sub(b.at) > fresh {
		return s.again(ctx, nil, b)
	}
	t := b.ties[s.o.Member]
	_, author := b.authors[s.o.Member]
	ignores := s.ignore.Load()
	v := s.variant()
	var out []byte
	if v != own && t == nil && !author && !(ignores && b.counts) && !b.excepts(s.o.Member) {
		if out = b.shared[v]; len(b.private[s.o.Member]) == 0 {
			return out, nil
		}
		out = slices.Clone(out)
	} else {
		for _, it := range b.items {
			out = it.appendFor(out, &s.o, t, ignores)
		}
	}
	for _, it := range b.private[s.o.Member] {
		out = it.appendFor(out, &s.o, t, ignores)
	}
	return out, nil
}

// excepts reports whether somebody must not be told something of the batch.
func (b *batch) excepts(member cruddur.UUID) bool {
	return !member.IsZero() && slices.ContainsFunc(b.items, func(it *item) bool { return slices.Contains(it.except, member) })
}

// again appends a batch that has waited: what has ended or gone since is left out, and whom the viewer ignores is
// read again.
func (s *Stream) again(ctx context.Context, out []byte, b *batch) ([]byte, error) {
	now := s.h.c.Now()
	var t ties
	if !s.o.Member.IsZero() {
		if others := b.named(); len(others) > 0 {
			list, err := s.h.c.Store.TiesOf(ctx, []cruddur.UUID{s.o.Member}, others, now)
			if err != nil {
				return nil, err
			}
			t = tiesOf(list)[s.o.Member]
		}
	}
	ignores := s.ignore.Load()
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for _, list := range [][]*item{b.items, b.private[s.o.Member]} {
		for _, it := range list {
			if it.n > s.after && !s.h.goners.has(it) && (it.expires.IsZero() || now.Before(it.expires)) {
				out = it.appendFor(out, &s.o, t, ignores)
			}
		}
	}
	return out, nil
}
