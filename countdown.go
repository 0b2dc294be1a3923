package cruddur

import (
	"strconv"
	"time"
)

// Countdown says how much is left, in two units at most and never more than there is: "6d 23h", "2h 59m",
// "59m"; seconds count in the last five minutes, "4m 59s" and "45s". The page's script counts on by the
// same rule: testdata/countdown.json has the cases of both.
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

// units leaves out the unit of which there is none.
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
