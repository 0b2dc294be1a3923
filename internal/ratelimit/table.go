package ratelimit

import "unsafe"

// A table never grows: it has room for sets × ways keys, and each key has its place in one set only,
// which its hash chooses. Where the set is full, the key that owes least makes room. That key loses
// least, for it is nearest to being as good as new; a key that was never seen is as good as new, so
// forgetting is never against anybody, and nobody is refused because others are known.
//
// Nor can a client make the table forget its own uses: to push out a key that owes much, each of the
// seven others in its set must owe more. The hash has a seed that nobody knows, so a client would have
// to use up the allowances of keys all over the table, which takes about as many uses as the table
// remembers, and keys to which those uses are allowed anyway. Counting the forgotten approximately (a
// count-min sketch) would be stricter with such a client, but it guesses too high, and so would refuse
// people who did nothing.
const (
	ways = 8
	sets = 4096
)

// TableBytes is what the table of one rule takes: 12 bytes for each of 32,768 keys.
const TableBytes = int(unsafe.Sizeof(table{}))

type table [sets]set

// set holds, for each key, what is left of its hash and the time when its allowance will be whole again
// (the theoretical arrival time of the generic cell rate algorithm, ITU-T I.371), in Unix nanoseconds.
// What lies in the past is as good as new, and so is an empty place. Two keys whose hashes agree in 44
// bits would count as one; with a full table that is 2 in 10⁹ for each new key.
type set struct {
	whole [ways]int64
	tag   [ways]uint32
}

func (t *table) place(h uint64) (s *set, tag uint32) { return &t[h%sets], uint32(h >> 32) }

// owed is how long from now the key's allowance takes to be whole again.
func (t *table) owed(h uint64, now, per int64) int64 {
	s, tag := t.place(h)
	for i := range s.tag {
		if s.tag[i] == tag {
			return left(s.whole[i], now, per)
		}
	}
	return 0
}

// left is how long from now it takes until whole, at most per. It can be a little more where of two
// requests the later one was counted first. Where it is much more, the clock was set back, and what was
// counted by the old time is forgotten, lest people wait for that time to come again.
func left(whole, now, per int64) int64 {
	switch d := whole - now; {
	case d <= 0 || d > 2*per:
		return 0
	default:
		return min(d, per)
	}
}

// keep remembers that the key's allowance will be whole again after owed, in the place of the key that
// owes least where the key has none yet.
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
