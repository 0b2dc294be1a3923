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

// MaxIdempotencyKey is the maximum length of an idempotency key, in characters.
const MaxIdempotencyKey = 64

// SweeperLock is the name of the lock that a server holds while it deletes expired rows. Only one server holds it.
const SweeperLock = "cruddur sweep"

// Activity is a post that expires. In text that people read it is called a crud.
type Activity struct {
	UUID         UUID
	UserUUID     UUID
	Handle       string
	DisplayName  string
	Message      string
	ReplyTo      UUID // the nil UUID if it is not a reply
	RepliesCount int32
	RepostsCount int32
	LikesCount   int32
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// TTL is the preset that the activity was created with, or "" after its end was moved.
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

// blank reports whether a character is trimmed from the ends of a text: white space, and invisible characters that
// people paste without noticing.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' || unicode.Is(unicode.Cc, r)
}
