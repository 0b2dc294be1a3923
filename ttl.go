package cruddur

import "time"

// TTL is how long an activity lives, by its name on the wire.
type TTL string

// DefaultTTL is what a new member's activities get when the form chooses nothing.
const DefaultTTL TTL = "7-days"

// MaxLife is the longest that an activity may live, counted from its creation, however often its
// end is moved.
const MaxLife = 30 * 24 * time.Hour

// Preset is one of the seven lifetimes that a member can choose.
type Preset struct {
	TTL      TTL
	Duration time.Duration
	Label    string // for people: "7 days"
}

// Presets lists them, shortest first, as the form shows them.
var Presets = []Preset{
	{"1-hour", time.Hour, "1 hour"},
	{"3-hours", 3 * time.Hour, "3 hours"},
	{"12-hours", 12 * time.Hour, "12 hours"},
	{"1-day", 24 * time.Hour, "1 day"},
	{"3-days", 3 * 24 * time.Hour, "3 days"},
	{"7-days", 7 * 24 * time.Hour, "7 days"},
	{"30-days", MaxLife, "30 days"},
}

// Duration is the preset's length, and false where t is none of the seven.
func (t TTL) Duration() (time.Duration, bool) {
	for _, p := range Presets {
		if p.TTL == t {
			return p.Duration, true
		}
	}
	return 0, false
}

// TTLOf names the preset of exactly this length, or "" where the life was changed by hand.
func TTLOf(life time.Duration) TTL {
	for _, p := range Presets {
		if p.Duration == life {
			return p.TTL
		}
	}
	return ""
}

// ParseTTL checks a TTL from outside; a missing or unknown one is ttl_blank, as it was called in
// the original.
func ParseTTL(s string) (TTL, error) {
	if _, ok := TTL(s).Duration(); !ok {
		return "", Invalid("ttl", "ttl_blank")
	}
	return TTL(s), nil
}
