package cruddur

import (
	"strconv"
	"time"
)

// Countdown formats the time left, rounded down, in at most two units: "6d 23h", "2h 59m", "59m". In the last five
// minutes it shows seconds: "4m 59s" and "45s". The page's script follows the same rule; testdata/countdown.json has
// the test cases for both.
func Countdown(left time.Duration) string {
	if left <= 0 {
		return "expired"
	}
	if left < 5*time.Minute {
		seconds := int((left + time.Second - 1) / time.Second)
		return units(seconds/60, "m", seconds%60, "s")
	}
	minutes := int(left / time.Minute)
	if minutes < 24*60 {
		return units(minutes/60, "h", minutes%60, "m")
	}
	hours := minutes / 60
	return units(hours/24, "d", hours%24, "h")
}

// units omits a unit whose number is zero.
func units(large int, one string, small int, other string) string {
	b := make([]byte, 0, 8)
	if large > 0 {
		b = append(strconv.AppendInt(b, int64(large), 10), one...)
	}
	if large > 0 && small > 0 {
		b = append(b, ' ')
	}
	if small > 0 {
		b = append(strconv.AppendInt(b, int64(small), 10), other...)
	}
	return string(b)
}

// Ago formats how long ago something was, in one unit: "2d ago", "59m ago", and "now" in the first minute. The page's
// script follows the same rule; testdata/ago.json has the test cases for both.
func Ago(since time.Duration) string {
	minutes := int(since / time.Minute)
	switch {
	case minutes < 1:
		return "now"
	case minutes < 60:
		return strconv.Itoa(minutes) + "m ago"
	case minutes < 24*60:
		return strconv.Itoa(minutes/60) + "h ago"
	}
	return strconv.Itoa(minutes/(24*60)) + "d ago"
}
