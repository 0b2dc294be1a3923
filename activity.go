package cruddur

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of an activity's text, in code points.
const (
	MaxMessage = 280
	MaxReply   = 1024
)

// MaxIdempotencyKey is the longest name that an author may give to an attempt to post, in characters.
const MaxIdempotencyKey = 64

// SweeperLock is the name of the lock that the one server holds which deletes what has expired.
const SweeperLock = "cruddur sweep"

// Activity is what a member writes and what ends: a crud, in text that people read.
type Activity struct {
	UUID         UUID
	UserUUID     UUID
	Handle       string
	DisplayName  string
	Message      string
	ReplyTo      UUID // the nil UUID for a crud of its own
	RepliesCount int32
	RepostsCount int32
	LikesCount   int32
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// TTL is the preset that the activity was created with, "" once its end was moved.
func (a *Activity) TTL() TTL { return TTLOf(a.ExpiresAt.Sub(a.CreatedAt)) }

// Visible reports whether the activity may be shown at now. The database applies the same rule, in
// its function live_activities.
func (a *Activity) Visible(now time.Time) bool { return a.ExpiresAt.After(now) }

// CheckMessage validates the text of a new activity and returns it without white space around it.
// The limit counts code points, as PostgreSQL's char_length and the form's counter do.
func CheckMessage(s string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", Invalid("message", "message_invalid_text")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.TrimFunc(s, blank)
	if !Visible(s) {
		return "", Invalid("message", "message_blank")
	}
	if utf8.RuneCountInString(s) > MaxMessage {
		return "", Invalid("message", "message_exceed_max_chars")
	}
	return s, nil
}

// blank is what is taken off the ends of a text: white space, and the characters beside it that people
// paste without knowing.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' || unicode.Is(unicode.Cc, r)
}
