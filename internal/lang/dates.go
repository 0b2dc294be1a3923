package lang

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dates is how a language writes times. Its patterns are taken apart once, because a page of 20 cruds has 80 times.
type dates struct {
	day, dayTime, date, month pattern
	weekdays, months, long    []string
	units                     [4]affixes // days, hours, minutes, seconds
	ago                       [3]affixes // days, hours, minutes
	now, expired              string
	patterns                  map[string]string // as the file has them, for the script
}

// affixes are what stands before and after a number.
type affixes struct{ before, after string }

func affixesOf(text string) affixes {
	before, after, _ := strings.Cut(text, "{n}")
	return affixes{before, after}
}

func (a affixes) append(b []byte, n int) []byte {
	return append(strconv.AppendInt(append(b, a.before...), int64(n), 10), a.after...)
}

// pattern is the parts of a date: fields and the texts between them.
type pattern []string

var dateField = regexp.MustCompile(`\{(weekday|day|month|year|time)\}`)

func (f *file) dates(l *Language) (dates, error) {
	d := dates{weekdays: f.Weekdays, months: f.Months, long: f.LongMonth}
	if len(d.weekdays) != 7 || len(d.months) != 12 || len(d.long) != 12 {
		return d, fmt.Errorf("7 weekdays and twice 12 months are needed, not %d, %d and %d", len(d.weekdays), len(d.months), len(d.long))
	}
	d.patterns = map[string]string{"day": f.Day, "dayTime": f.DayTime}
	for _, p := range []struct {
		to     *pattern
		text   string
		fields string
	}{
		{&d.day, f.Day, "{weekday} {day} {month}"},
		{&d.dayTime, f.DayTime, "{weekday} {day} {month} {time}"},
		{&d.date, f.Date, "{day} {month} {year} {time}"},
		{&d.month, f.Month, "{month} {year}"},
	} {
		if err := samePlaceholders(p.fields, p.text); err != nil {
			return d, fmt.Errorf("a date: %w", err)
		}
		*p.to = patternOf(p.text)
	}
	for i, key := range []string{"{n}d", "{n}h", "{n}m", "{n}s"} {
		d.units[i] = affixesOf(l.Text(key))
	}
	for i, key := range []string{"{n}d ago", "{n}h ago", "{n}m ago"} {
		d.ago[i] = affixesOf(l.Text(key))
	}
	d.now, d.expired = l.Text("now"), l.Text("expired")
	return d, nil
}

func patternOf(text string) pattern {
	var p pattern
	last := 0
	for _, at := range dateField.FindAllStringIndex(text, -1) {
		p = append(p, text[last:at[0]], text[at[0]:at[1]])
		last = at[1]
	}
	return append(p, text[last:])
}

func (p pattern) format(t time.Time, weekdays, months []string) string {
	t = t.UTC()
	b := make([]byte, 0, 32)
	for _, part := range p {
		switch part {
		case "{weekday}":
			b = append(b, weekdays[t.Weekday()]...)
		case "{day}":
			b = strconv.AppendInt(b, int64(t.Day()), 10)
		case "{month}":
			b = append(b, months[t.Month()-1]...)
		case "{year}":
			b = strconv.AppendInt(b, int64(t.Year()), 10)
		case "{time}":
			b = t.AppendFormat(b, "15:04")
		default:
			b = append(b, part...)
		}
	}
	return string(b)
}

// Day formats a day in UTC: Tue 24 Nov.
func (l *Language) Day(t time.Time) string { return l.day.format(t, l.weekdays, l.months) }

// DayTime formats a time in UTC, without year and zone: Tue 24 Nov, 20:04. The page's script puts the reader's own
// time in its place, which needs as much room.
func (l *Language) DayTime(t time.Time) string { return l.dayTime.format(t, l.weekdays, l.months) }

// Date formats a time for people whose time zone is unknown: 24 Nov 2026, 20:04 UTC.
func (l *Language) Date(t time.Time) string { return l.date.format(t, l.weekdays, l.months) }

// Month formats a month in full: November 2026.
func (l *Language) Month(t time.Time) string { return l.month.format(t, l.weekdays, l.long) }

// Countdown formats the time left, rounded down, in at most two units: "6d 23h", "2h 59m", "59m". In the last five
// minutes it shows seconds: "4m 59s" and "45s". The page's script follows the same rule; testdata/countdown.json has
// the test cases for both.
func (l *Language) Countdown(left time.Duration) string {
	if left <= 0 {
		return l.expired
	}
	if left < 5*time.Minute {
		seconds := int((left + time.Second - 1) / time.Second)
		return l.two(2, seconds/60, seconds%60)
	}
	minutes := int(left / time.Minute)
	if minutes < 24*60 {
		return l.two(1, minutes/60, minutes%60)
	}
	hours := minutes / 60
	return l.two(0, hours/24, hours%24)
}

// two writes a unit and the next smaller one, and omits one whose number is zero.
func (l *Language) two(unit, large, small int) string {
	b := make([]byte, 0, 24)
	if large > 0 {
		b = l.units[unit].append(b, large)
	}
	if large > 0 && small > 0 {
		b = append(b, ' ')
	}
	if small > 0 {
		b = l.units[unit+1].append(b, small)
	}
	return string(b)
}

// Ago formats how long ago something was, in one unit: "2d ago", "59m ago", and "now" in the first minute. The page's
// script follows the same rule; testdata/ago.json has the test cases for both.
func (l *Language) Ago(since time.Duration) string {
	minutes := int(since / time.Minute)
	b := make([]byte, 0, 24)
	switch {
	case minutes < 1:
		return l.now
	case minutes < 60:
		return string(l.ago[2].append(b, minutes))
	case minutes < 24*60:
		return string(l.ago[1].append(b, minutes/60))
	}
	return string(l.ago[0].append(b, minutes/(24*60)))
}

// Script returns what the page's script needs to speak the language, for JSON: the texts with the given keys, and how
// dates are written.
func (l *Language) Script(keys []string) map[string]any {
	texts := map[string]any{}
	for _, key := range keys {
		switch f := l.texts[key]; {
		case len(f) == 1:
			for _, text := range f {
				texts[key] = text
			}
		case len(f) > 1:
			by := map[string]string{}
			for name, category := range categories {
				if text, ok := f[category]; ok {
					by[name] = text
				}
			}
			texts[key] = by
		}
	}
	return map[string]any{
		"tag": l.Tag, "direction": l.Direction, "texts": texts, "weekdays": l.weekdays, "months": l.months, "day": l.patterns["day"], "dayTime": l.patterns["dayTime"],
	}
}
