package cruddur

import "time"

// TTL is the name of a lifetime of an activity, as the API writes it.
type TTL string

// DefaultTTL is the TTL of a new member's activities when the form chooses none.
const DefaultTTL TTL = "7-days"

// MaxLife is the maximum life of an activity, counted from its creation, no matter how often its end is moved.
const MaxLife = 30 * 24 * time.Hour

// Preset is one of the seven lifetimes that a member can choose.
type Preset struct {
	TTL      TTL
	Duration time.Duration
	Label    string // for people: "7 days"
}

// Presets lists the lifetimes, shortest first, in the order of the form.
var Presets = []Preset{
	{"1-hour", time.Hour, "1 hour"},
	{"3-hours", 3 * time.Hour, "3 hours"},
	{"12-hours", 12 * time.Hour, "12 hours"},
	{"1-day", 24 * time.Hour, "1 day"},
	{"3-days", 3 * 24 * time.Hour, "3 days"},
	{"7-days", 7 * 24 * time.Hour, "7 days"},
	{"30-days", MaxLife, "30 days"},
}

// Duration returns the preset's length, and false if t is not one of the seven.
func (t TTL) Duration() (time.Duration, bool) {
	for _, p := range Presets {
		if p.TTL == t {
			return p.Duration, true
		}
	}
	return 0, false
}

// TTLOf returns the preset of exactly this length, or "" if there is none, as after a change by hand.
func TTLOf(life time.Duration) TTL {
	for _, p := range Presets {
		if p.Duration == life {
			return p.TTL
		}
	}
	return ""
}

// ParseTTL checks a TTL from outside; a missing or unknown one is ttl_blank, the code that the original used.
func ParseTTL(s string) (TTL, error) {
	if _, ok := TTL(s).Duration(); !ok {
		return "", Invalid("ttl", "ttl_blank")
	}
	return TTL(s), nil
}
