package api

import (
	"strconv"
	"time"
	"unicode/utf8"

	"cruddur"
)

// Answers are appended to bytes by hand: for 100 rows this is twice as fast as encoding/json, and a forgotten struct
// tag cannot reveal a secret field.

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string, byte for byte as encoding/json does: <, > and &, U+2028 and U+2029 are
// escaped, so that the bytes are harmless within HTML too, and invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, s[from:i]...)
			b = appendEscaped(b, c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[from:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(b, s[from:]...), '"')
}

// plain marks the ASCII characters that need no escape.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// appendTime appends an RFC 3339 time in UTC with microseconds, the precision of the database.
func appendTime(b []byte, t time.Time) []byte {
	n := len(b)
	b = append(b, `"0000-00-00T00:00:00.000000Z"`...)
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	micro := t.Nanosecond() / 1000
	text := (*[29]byte)(b[n:])
	put := func(at, n int) { copy(text[at:at+2], digitPairs[2*n:]) }
	put(1, year/100%100)
	put(3, year%100)
	put(6, int(month))
	put(9, day)
	put(12, hour)
	put(15, minute)
	put(18, second)
	put(21, micro/10_000)
	put(23, micro/100%100)
	put(25, micro%100)
	return b
}

// digitPairs has the numbers from 00 to 99, two digits each.
var digitPairs = func() (pairs [200]byte) {
	for n := range 100 {
		pairs[2*n], pairs[2*n+1] = byte('0'+n/10), byte('0'+n%10)
	}
	return pairs
}()

func appendUUID(b []byte, u cruddur.UUID) []byte {
	return append(u.AppendText(append(b, '"')), '"')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendActivity appends one activity with the keys of the contract. The older client pushes into replies, so it is
// always an array, and always empty: a thread has its replies beside the activity.
func appendActivity(b []byte, a *cruddur.Activity) []byte {
	b = appendUUID(append(b, `{"uuid":`...), a.UUID)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(a.DisplayName, a.Handle))
	b = appendString(append(b, `,"handle":`...), a.Handle)
	b = appendString(append(b, `,"message":`...), a.Message)
	b = append(b, `,"content_warning":`...)
	if a.Warning == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, a.Warning)
	}
	b = strconv.AppendInt(append(b, `,"replies_count":`...), int64(a.RepliesCount), 10)
	b = strconv.AppendInt(append(b, `,"reposts_count":`...), int64(a.RepostsCount), 10)
	b = strconv.AppendInt(append(b, `,"likes_count":`...), int64(a.LikesCount), 10)
	b = append(b, `,"reply_to_activity_uuid":`...)
	if a.ReplyTo.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendUUID(b, a.ReplyTo)
	}
	b = appendTime(append(b, `,"expires_at":`...), a.ExpiresAt)
	b = appendTime(append(b, `,"created_at":`...), a.CreatedAt)
	b = append(b, `,"replies":[],"ttl":`...)
	if ttl := a.TTL(); ttl == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, string(ttl))
	}
	b = strconv.AppendBool(append(b, `,"liked":`...), a.Liked)
	b = strconv.AppendBool(append(b, `,"reposted":`...), a.Reposted)
	b = appendStrings(append(b, `,"hashtags":`...), cruddur.Hashtags(a.Message))
	b = appendStrings(append(b, `,"mentions":`...), cruddur.Mentions(a.Message))
	b = appendPictures(b, a)
	if a.RepostedBy != "" {
		b = appendString(append(b, `,"reposted_by":{"handle":`...), a.RepostedBy)
		b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(a.RepostedByName, a.RepostedBy))
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendActivities(b []byte, list []cruddur.Activity) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendActivity(b, &list[i])
	}
	return append(b, ']')
}

// appendThread appends an activity with what it hangs on, and a page of what hangs on it.
func appendThread(b []byte, ancestors []cruddur.Activity, a *cruddur.Activity, replies []cruddur.Activity, total int) []byte {
	b = appendActivity(append(b, `{"activity":`...), a)
	b = appendActivities(append(b, `,"replies":`...), replies)
	b = appendActivities(append(b, `,"ancestors":`...), ancestors)
	b = strconv.AppendInt(append(b, `,"replies_total":`...), int64(total), 10)
	return append(b, '}')
}
