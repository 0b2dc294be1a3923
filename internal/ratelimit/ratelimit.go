// Package ratelimit limits how often a client may do something. The counts are kept in this process: two servers
// allow twice as much, and a restart resets them. It must not depend on routes or members: a key is a text or a
// network, and ByAddress makes the keys of an address.
package ratelimit

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Rule is a limit: a burst of Count uses, refilled at Count per Per. Rules with the same name share one table, so
// rules with keys chosen by strangers and rules with members as keys must have different names: then a flood of
// strangers cannot push out the counts of members.
type Rule struct {
	Name  string
	Count int
	Per   time.Duration
}

// Posts limits how often a member may post. Pages and API count with the same key, so they share one allowance.
var Posts = Rule{Name: "post", Count: 30, Per: 5 * time.Minute}

// Writes limits what members write and is neither a post nor a mark, such as a new end of a crud. The pages count
// with the same name.
var Writes = Rule{Name: "write", Count: 120, Per: 5 * time.Minute}

// Exports limits how often a member takes everything along: a month of posting at the maximum rate makes 100 MB.
var Exports = Rule{Name: "export", Count: 5, Per: 30 * time.Minute}

// Streams limits how often a program may open a stream of events; those of strangers at one address together five times as
// often.
var Streams = Rule{Name: "stream", Count: 60, Per: 5 * time.Minute}

// Reports limits how often a member may report something, so that nobody buries the moderators.
var Reports = Rule{Name: "report", Count: 20, Per: time.Hour}

// Likes limits how often a member may like, repost or take either back, and Follows how often a member may follow
// or stop following; pages and API share them as they share Posts.
var (
	Likes   = Rule{Name: "like", Count: 300, Per: 5 * time.Minute}
	Follows = Rule{Name: "follow", Count: 100, Per: 5 * time.Minute}

	// Messages limits how many private messages a member may send, Conversations how many members they may write to
	// for the first time, and Talks what else they may do with a conversation: accept, mark, delete, set its timer.
	Messages      = Rule{Name: "message", Count: 120, Per: 5 * time.Minute}
	Conversations = Rule{Name: "conversation", Count: 30, Per: time.Hour}
	Talks         = Rule{Name: "talk", Count: 300, Per: 5 * time.Minute}

	// Pictures are those that a member may upload, Megabytes how large they may be together.
	Pictures  = Rule{Name: "picture", Count: 60, Per: time.Hour}
	Megabytes = Rule{Name: "picture_megabyte", Count: 200, Per: 24 * time.Hour}
)

// Times returns the rule with its allowance multiplied by n.
func (r Rule) Times(n int) Rule {
	r.Count *= n
	return r
}

// every returns the time after which one more use is allowed.
func (r Rule) every() int64 { return max(1, int64(r.Per)/int64(r.Count)) }

// Use is one use of a rule by a key: a network if it is set, else a text. A network is hashed directly, because every
// request counts several, and their texts would be garbage.
type Use struct {
	Rule    Rule
	Key     string
	Network netip.Prefix
}

// Limiter keeps a table for each name of a rule.
type Limiter struct {
	mu     sync.Mutex
	seed   maphash.Seed
	tables map[string]*table
	off    bool
}

// New returns an empty Limiter. It has one table of TableBytes for each rule name in use, for any number of keys.
func New() *Limiter {
	return &Limiter{seed: maphash.MakeSeed(), tables: map[string]*table{}}
}

// Unlimited returns a Limiter that allows everything, for measuring.
func Unlimited() *Limiter { return &Limiter{off: true} }

// State is the state of a key after a use: the number of uses still allowed at once, and the time when the full
// allowance is available again.
type State struct {
	Remaining int
	Reset     time.Duration
}

// Allow counts the uses, all of them or none. If one of them exceeds its limit, wait is the time until they are
// allowed.
func (l *Limiter) Allow(now time.Time, uses ...Use) (wait time.Duration, ok bool) {
	_, wait, ok = l.Take(now, uses...)
	return wait, ok
}

// Take is Allow that also returns the state of the use with the least left, for the X-RateLimit headers.
func (l *Limiter) Take(now time.Time, uses ...Use) (s State, wait time.Duration, ok bool) {
	if l.off {
		for i, u := range uses {
			if i == 0 || u.Rule.Count < s.Remaining {
				s.Remaining = u.Rule.Count
			}
		}
		return s, 0, true
	}
	var room [8]entry // more than the uses of a request
	entries := room[:0]
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now.UnixNano()
	var late int64
	for i := range uses {
		e := l.entry(&uses[i], at)
		late = max(late, e.owed+e.every-e.per)
		entries = append(entries, e)
	}
	for i, e := range entries {
		if late <= 0 {
			e.owed += e.every
			e.table.keep(e.hash, at, e.per, e.owed)
		}
		left := State{int((e.per - e.owed) / e.every), time.Duration(e.owed)}
		if i == 0 || left.Remaining < s.Remaining {
			s = left
		}
	}
	return s, time.Duration(max(0, late)), late <= 0
}

// entry is the state of a use: the time until its key has the full allowance again, and the time that one use costs.
type entry struct {
	table            *table
	hash             uint64
	owed, every, per int64
}

func (l *Limiter) entry(u *Use, at int64) entry {
	e := entry{table: l.table(u.Rule.Name), hash: l.hash(u), every: u.Rule.every(), per: int64(u.Rule.Per)}
	e.owed = e.table.owed(e.hash, at, e.per)
	return e
}

func (l *Limiter) hash(u *Use) uint64 {
	if !u.Network.IsValid() {
		return maphash.String(l.seed, u.Key)
	}
	var b [17]byte
	address := u.Network.Addr().As16()
	copy(b[:], address[:])
	b[16] = byte(u.Network.Bits())
	return maphash.Bytes(l.seed, b[:])
}

func (l *Limiter) table(rule string) *table {
	t := l.tables[rule]
	if t == nil {
		t = new(table)
		l.tables[rule] = t
	}
	return t
}

// AllowPicture counts one uploaded picture of a member, of a number of bytes; a negative number means that the client
// has not said how many.
func (l *Limiter) AllowPicture(now time.Time, member string, bytes int64) (wait time.Duration, ok bool) {
	if wait, ok = l.Allow(now, Use{Rule: Pictures, Key: member}); !ok {
		return wait, false
	}
	const megabyte, most = 1 << 20, 8
	parts := (bytes + megabyte - 1) / megabyte
	if bytes < 0 || parts > most {
		parts = most
	}
	for ; ok && parts > 0; parts-- {
		wait, ok = l.Allow(now, Use{Rule: Megabytes, Key: member})
	}
	return wait, ok
}
