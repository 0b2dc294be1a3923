package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cruddur"
)

// world is a hub over a database that a test makes up, in a bubble of synctest: its time stands still until everybody
// waits.
type world struct {
	t      *testing.T
	hub    *Hub
	cancel context.CancelFunc

	mu         sync.Mutex
	err        error
	floor      int64
	held       bool
	changes    []cruddur.Change
	activities map[cruddur.UUID]*cruddur.Activity
	ties       []cruddur.Tie
	told       map[cruddur.UUID][]cruddur.UUID
	unread     map[cruddur.UUID]cruddur.UnreadNumbers
	ids        byte
	meanwhile  func() // happens once, while ties are read
}

// inWorld runs a test in a bubble.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, floor: 1, activities: map[cruddur.UUID]*cruddur.Activity{}, told: map[cruddur.UUID][]cruddur.UUID{}, unread: map[cruddur.UUID]cruddur.UnreadNumbers{}}
		w.start()
		test(w)
		w.cancel()
		synctest.Wait()
	})
}

// start starts a hub; the one before is left alone.
func (w *world) start() {
	w.hub = New(Config{Store: w, Most: 1000, Activity: func(b []byte, a *cruddur.Activity) []byte {
		return fmt.Appendf(b, `{"uuid":"%s","message":"%s"}`, a.UUID, a.Message)
	}})
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go w.hub.Run(ctx)
	synctest.Wait()
}

// poll waits until the hub has asked once more, and its streams have written.
func (w *world) poll() {
	time.Sleep(every)
	synctest.Wait()
}

func (w *world) id() cruddur.UUID {
	w.ids++
	return cruddur.UUID{6: 0x70, 8: 0x80, 15: w.ids}
}

// member is a member by their name.
func member(name string) cruddur.UUID {
	id := cruddur.UUID{0: 0xee, 6: 0x70, 8: 0x80}
	copy(id[9:], name)
	return id
}

// post adds an activity; what it hangs on may be nil.
func (w *world) post(by string, above *cruddur.Activity) *cruddur.Activity {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &cruddur.Activity{UUID: w.id(), UserUUID: member(by), Handle: by, Message: "by " + by, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	if above != nil {
		a.ReplyTo, a.Root = above.UUID, above.Root
		if a.Root.IsZero() {
			a.Root = above.UUID
		}
	}
	w.activities[a.UUID] = a
	return a
}

// set changes what the database holds.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) change(c cruddur.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.ID = int64(len(w.changes) + 1)
	w.changes = append(w.changes, c)
}

func (w *world) delete(a *cruddur.Activity) {
	w.change(cruddur.Change{Kind: cruddur.ChangeGone, Subject: a.UUID, Members: w.above(a)})
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.activities, a.UUID)
}

func (w *world) tie(viewer, other string, follows, ignores bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ties = append(w.ties, cruddur.Tie{Viewer: member(viewer), Other: member(other), Follows: follows, Ignores: ignores})
}

func (w *world) above(a *cruddur.Activity) (list []cruddur.UUID) {
	for ; a != nil; a = w.activities[a.ReplyTo] { // whoever calls it holds mu, or nobody else is there
		list = append(list, a.UserUUID)
	}
	return list
}

func (w *world) News(_ context.Context, _ int64, since, now time.Time) (cruddur.News, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := cruddur.News{Changes: slices.Clone(w.changes), Floor: w.floor, Held: w.held}
	for id, a := range w.activities {
		if a.CreatedAt.After(since) && a.Visible(now) {
			n.Activities = append(n.Activities, id)
		}
	}
	slices.SortFunc(n.Activities, func(a, b cruddur.UUID) int { return bytes.Compare(a[:], b[:]) })
	return n, w.err
}

func (w *world) TellCounts(_ context.Context, ids []cruddur.UUID) error {
	var err error
	if w.set(func() { err = w.err }); err != nil {
		return err
	}
	for _, id := range ids {
		w.change(cruddur.Change{Kind: cruddur.ChangeCounts, Subject: id})
	}
	return nil
}

func (w *world) Those(_ context.Context, ids []cruddur.UUID, now time.Time) (list []cruddur.Activity, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if a := w.activities[id]; a != nil && a.Visible(now) {
			list = append(list, *a)
		}
	}
	return list, w.err
}

func (w *world) Above(_ context.Context, ids []cruddur.UUID, _ time.Time) ([][]cruddur.UUID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([][]cruddur.UUID, len(ids))
	for i, id := range ids {
		out[i] = w.above(w.activities[id])
	}
	return out, w.err
}

func (w *world) ToldOf(_ context.Context, ids []cruddur.UUID) (list []cruddur.UUID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		list = append(list, w.told[id]...)
	}
	return list, w.err
}

func (w *world) TiesOf(_ context.Context, viewers, others []cruddur.UUID, _ time.Time) (list []cruddur.Tie, err error) {
	if f := w.meanwhile; f != nil {
		w.meanwhile = nil
		f()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.ties {
		if slices.Contains(viewers, t.Viewer) && slices.Contains(others, t.Other) {
			list = append(list, t)
		}
	}
	return list, w.err
}

func (w *world) UnreadOf(_ context.Context, members []cruddur.UUID, _ time.Time) (list []cruddur.UnreadNumbers, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range members {
		list = append(list, w.unread[id])
	}
	return list, w.err
}

// reader is one who reads a stream, or does not.
type reader struct {
	header http.Header
	ended  chan struct{}
	stop   context.CancelFunc

	mu       sync.Mutex
	text     bytes.Buffer
	stuck    chan struct{} // closed when the reader goes on
	deadline time.Time
}

func (r *reader) Header() http.Header             { return r.header }
func (r *reader) WriteHeader(int)                 {}
func (r *reader) FlushError() error               { return nil }
func (r *reader) SetReadDeadline(time.Time) error { return nil }

func (r *reader) SetWriteDeadline(at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deadline = at
	return nil
}

// Write waits while the reader is stuck, at most until the deadline, which may move meanwhile.
func (r *reader) Write(b []byte) (int, error) {
	r.mu.Lock()
	stuck := r.stuck
	r.mu.Unlock()
	for stuck != nil {
		r.mu.Lock()
		left := time.Until(r.deadline)
		r.mu.Unlock()
		if left <= 0 {
			return 0, os.ErrDeadlineExceeded
		}
		select {
		case <-stuck:
			stuck = nil
		case <-time.After(min(left, 100*time.Millisecond)):
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// got returns what the reader has got since the last call.
func (r *reader) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := r.text.String()
	r.text.Reset()
	return text
}

func (r *reader) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stuck = make(chan struct{})
}

func (r *reader) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.stuck)
	r.stuck = nil
}

func (r *reader) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// open opens a stream and swallows its greeting.
func (w *world) open(o Options) *reader {
	w.t.Helper()
	r := w.listen(o)
	r.got()
	return r
}

func (w *world) listen(o Options) *reader {
	w.t.Helper()
	s, err := w.hub.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &reader{header: http.Header{}, ended: make(chan struct{}), stop: cancel}
	w.t.Cleanup(cancel)
	go func() {
		defer close(r.ended)
		s.Serve(r, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	}()
	synctest.Wait()
	return r
}
