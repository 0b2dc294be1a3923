// Package recall remembers for at most one second what every page asks about a signed-in member: whose session it is,
// what is unread, what of the newest page the member has marked. What this server does is seen at once all the same,
// because each request that may change something says so before and after: a sign-out, a suspension, a reset, a
// like. What another server does is seen within the second. It must not ask a database itself.
package recall

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"cruddur"
)

// Life is how long something is remembered.
const Life = time.Second

// most is the number of readers in each of the two generations. One takes 1 kB, and 7 kB with
// marks: at most 14 MB.
const most = 1000

// Memory remembers readers. A nil Memory remembers nothing.
type Memory struct {
	all turns      // of writes that may concern anybody
	own [256]turns // of those that change only what one member has, by a byte of the member's UUID

	mu         sync.Mutex
	new, older map[tokenHash]*Reader
	turned     time.Time
}

type tokenHash = [sha256.Size]byte

// New returns an empty memory.
func New() *Memory { return &Memory{} }

// turns counts the beginnings and ends of writes. What was read while the count stayed the same and no write was under
// way is still true.
type turns struct {
	count   atomic.Uint64
	writing atomic.Int64
}

func (t *turns) begin() (end func()) {
	t.writing.Add(1)
	t.count.Add(1)
	return func() {
		t.count.Add(1)
		t.writing.Add(-1)
	}
}

// turn is a state of the counters; only a quiet one is remembered.
type turn struct {
	all, own uint64
	quiet    bool
}

func (m *Memory) turn(user cruddur.UUID) turn {
	own := &m.own[user[15]]
	t := turn{all: m.all.count.Load(), own: own.count.Load()}
	t.quiet = m.all.writing.Load() == 0 && own.writing.Load() == 0
	return t
}

// Writes says that a request begins that may change what is remembered of anybody; end says that it is over.
func (m *Memory) Writes() (end func()) {
	if m == nil {
		return func() {}
	}
	return m.all.begin()
}

// WritesOwn is Writes for a request that changes only what one member has marked and read.
func (m *Memory) WritesOwn(user cruddur.UUID) (end func()) {
	if m == nil {
		return func() {}
	}
	return m.own[user[15]].begin()
}

// Reader is a member with a session, as remembered.
type Reader struct {
	User    cruddur.User
	Session cruddur.BrowserSession

	memory *Memory
	at     time.Time
	all    uint64
	told   cell[Told]
	marks  cell[marks]
}

// Told is how much a member has not read: Messages is text, and "" for none.
type Told struct {
	Unread   cruddur.Unread
	Messages string
}

// marks are a list with what a member has marked in it.
type marks struct {
	first *cruddur.Activity
	size  int
	list  []cruddur.Activity
}

// Resume returns the member of a session, remembered or asked now.
func (m *Memory) Resume(token string, now time.Time, ask func() (cruddur.User, cruddur.BrowserSession, error)) (*Reader, error) {
	if m == nil {
		user, session, err := ask()
		return &Reader{User: user, Session: session}, err
	}
	hash := sha256.Sum256([]byte(token))
	all := m.all.count.Load()
	quiet := m.all.writing.Load() == 0
	if r := m.find(hash); r != nil && quiet && r.all == all && now.Sub(r.at).Abs() < Life {
		return r, nil
	}
	user, session, err := ask()
	r := &Reader{User: user, Session: session, memory: m, at: now, all: all}
	if err == nil && quiet {
		m.put(hash, r)
	}
	return r, err
}

func (m *Memory) find(hash tokenHash) *Reader {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.new[hash]; r != nil {
		return r
	}
	return m.older[hash]
}

// put remembers a reader, and forgets those of two seconds ago.
func (m *Memory) put(hash tokenHash, r *Reader) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.new == nil || len(m.new) >= most || r.at.Sub(m.turned).Abs() >= Life {
		m.new, m.older, m.turned = map[tokenHash]*Reader{}, m.new, r.at
	}
	m.new[hash] = r
}

// cell is something that is remembered of a reader.
type cell[T any] struct {
	mu    sync.Mutex
	value T
	at    time.Time
	turn  turn
}

func (c *cell[T]) get(now time.Time, turn turn) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !turn.quiet || c.turn != turn || now.Sub(c.at).Abs() >= Life {
		return value, false
	}
	return c.value, true
}

func (c *cell[T]) put(value T, at time.Time, turn turn) {
	if turn.quiet {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.value, c.at, c.turn = value, at, turn
	}
}

// Told returns how much the member has not read, if that is remembered; otherwise put remembers what is read from now on.
func (r *Reader) Told(now time.Time) (told Told, ok bool, put func(Told)) {
	if r == nil || r.memory == nil {
		return told, false, func(Told) {}
	}
	turn := r.memory.turn(r.User.UUID)
	told, ok = r.told.get(now, turn)
	return told, ok, func(t Told) { r.told.put(t, now, turn) }
}

// Marked returns a list with the member's marks, remembered or asked now. A list is known by its address, so it must
// never be changed.
func (r *Reader) Marked(list []cruddur.Activity, now time.Time, ask func() ([]cruddur.Activity, error)) ([]cruddur.Activity, error) {
	if r == nil || r.memory == nil || len(list) == 0 {
		return ask()
	}
	turn := r.memory.turn(r.User.UUID)
	if m, ok := r.marks.get(now, turn); ok && m.first == &list[0] && m.size == len(list) {
		return m.list, nil
	}
	marked, err := ask()
	if err == nil {
		r.marks.put(marks{&list[0], len(list), marked}, now, turn)
	}
	return marked, err
}
