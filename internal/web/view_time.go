package web

import (
	"strconv"
	"time"
)

// wire formats a time for scripts, with milliseconds. It is formatted by hand, because a page of 20 cruds has 60 times.
func wire(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b := make([]byte, 0, 24)
	b = digits(b, year, 4)
	b = digits(append(b, '-'), int(month), 2)
	b = digits(append(b, '-'), day, 2)
	b = digits(append(b, 'T'), hour, 2)
	b = digits(append(b, ':'), minute, 2)
	b = digits(append(b, ':'), second, 2)
	b = digits(append(b, '.'), t.Nanosecond()/1e6, 3)
	return string(append(b, 'Z'))
}

// digits appends n, which is not negative, with at least width digits.
func digits(b []byte, n, width int) []byte {
	for limit := 10; width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			b = append(b, "000"[:width-1]...)
			break
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// hundredths returns the remaining part of a life, in hundredths.
func hundredths(from, to, now time.Time) int {
	if !to.After(from) {
		return 0
	}
	return min(100, max(0, int(to.Sub(now)*100/to.Sub(from))))
}
