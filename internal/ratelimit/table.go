package ratelimit

import "unsafe"

// A table never grows: it has room for sets × ways keys, and a key can be in one set only, which its hash selects. If
// the set is full, the key that owes least is evicted. It loses least, because it is nearest to a full allowance. An
// unknown key has a full allowance, so eviction never harms anybody, and nobody is refused because of other keys.
//
// Nor can a client make the table forget its own uses: to evict a key that owes much, each of the seven others in its
// set must owe more. The hash has a secret seed, so a client would have to use up the allowances of keys all over the
// table, which takes about as many uses as the table can record, with keys for which those uses are allowed anyway.
// Approximate counts of evicted keys (a count-min sketch) would be stricter with such a client, but they
// overestimate, and so would refuse innocent clients.
const (
	ways = 8
	sets = 4096
)

// TableBytes is the size of one rule's table: 12 bytes for each of 32,768 keys.
const TableBytes = int(unsafe.Sizeof(table{}))

type table [sets]set

// set holds, for each key, the rest of its hash and the time when its full allowance is available again (the
// theoretical arrival time of the generic cell rate algorithm, ITU-T I.371), in Unix nanoseconds. A time in the past
// means a full allowance, and so does an empty place. Two keys whose hashes agree in 44 bits would count as one; with
// a full table that is 2 in 10⁹ for each new key.
type set struct {
	whole [ways]int64
	tag   [ways]uint32
}

func (t *table) place(h uint64) (s *set, tag uint32) { return &t[h%sets], uint32(h >> 32) }

// owed returns the time until the key has its full allowance again.
func (t *table) owed(h uint64, now, per int64) int64 {
	s, tag := t.place(h)
	for i := range s.tag {
		if s.tag[i] == tag {
			return left(s.whole[i], now, per)
		}
	}
	return 0
}

// left returns the time from now until whole, at most per. It can be a little more if the later of two requests was
// counted first. If it is much more, the clock was set back; then the old count is dropped, so that people do not
// wait until the old time is reached again.
func left(whole, now, per int64) int64 {
	switch d := whole - now; {
	case d <= 0 || d > 2*per:
		return 0
	default:
		return min(d, per)
	}
}

// keep records that the key has its full allowance again after owed. A new key replaces the key that owes least.
func (t *table) keep(h uint64, now, per, owed int64) {
	s, tag := t.place(h)
	least, place := per+1, 0
	for i := range s.tag {
		if s.tag[i] == tag {
			place = i
			break
		}
		if d := left(s.whole[i], now, per); d < least {
			least, place = d, i
		}
	}
	s.tag[place], s.whole[place] = tag, now+owed
}
