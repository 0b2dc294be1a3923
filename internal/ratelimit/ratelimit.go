// Package ratelimit says how often somebody may do something. The counts live in this process: two
// servers allow twice as much, and a restart forgets. It must not know routes or members: a key is a
// text or a network, and ByAddress makes the keys of an address.
package ratelimit

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Rule is a limit: Count in a row, and again as many in each Per. Rules of one name share one table,
// so rules whose keys strangers choose and rules whose keys are members must have different names: then
// no flood of strangers can touch what is known of a member.
type Rule struct {
	Name  string
	Count int
	Per   time.Duration
}

// Posts is how often a member may post. Pages and API count by it with the same key, so both together make
// one allowance.
var Posts = Rule{Name: "post", Count: 30, Per: 5 * time.Minute}

// Times is the rule with an allowance that many times as large.
func (r Rule) Times(n int) Rule {
	r.Count *= n
	return r
}

// every is the time after which one more use is allowed.
func (r Rule) every() int64 { return max(1, int64(r.Per)/int64(r.Count)) }

// Use is one use of a rule by a key: by a text or, where there is one, by a network. A network is hashed
// as it is, for every request counts some, and a text of each would be garbage.
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

// New returns an empty Limiter. It has a table of TableBytes for each name of a rule that was used, and
// never more, however many keys there are.
func New() *Limiter {
	return &Limiter{seed: maphash.MakeSeed(), tables: map[string]*table{}}
}

// Unlimited returns a Limiter that allows everything, for measuring.
func Unlimited() *Limiter { return &Limiter{off: true} }

// State is a key after a use: how many more are allowed at once, and when the allowance will be whole
// again.
type State struct {
	Remaining int
	Reset     time.Duration
}

// Allow counts the uses, all of them or none. Where one of them is too many, wait says after how long
// they will be allowed.
func (l *Limiter) Allow(now time.Time, uses ...Use) (wait time.Duration, ok bool) {
	_, wait, ok = l.Take(now, uses...)
	return wait, ok
}

// Take is Allow that also tells the state of the use with the least left, for the X-RateLimit headers.
func (l *Limiter) Take(now time.Time, uses ...Use) (s State, wait time.Duration, ok bool) {
	if l.off {
		for i, u := range uses {
			if i == 0 || u.Rule.Count < s.Remaining {
				s.Remaining = u.Rule.Count
			}
		}
		return s, 0, true
	}
	var room [8]entry // more than a request has of uses
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

// entry is what the table knows of a use: the time until its key's allowance is whole again, and that
// which one use takes.
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
