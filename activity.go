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
	MaxWarning = 100 // of a content warning
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
	Root         UUID // the crud that began the conversation; the nil UUID for that crud itself
	RepliesCount int32
	RepostsCount int32
	LikesCount   int32
	CreatedAt    time.Time
	ExpiresAt    time.Time

	PicturesCount int16     // how many it was posted with
	Pictures      []Picture // in their order; readers share the slice
	Avatar        UUID      // the picture of its author, or the nil UUID

	Warning  string // what is shown instead of the text and the pictures until its reader wants to see them, or ""
	Silenced bool   // its author is silenced: only who follows or names them is shown it

	// Liked, Reposted and Following are about the reader; postgres.DB.OfViewer sets them.
	Liked     bool
	Reposted  bool
	Following bool // the reader follows the author

	// Place is the activity's place in a list that is not in the order of the activities' UUIDs: the UUID of a
	// repost or a like. The nil UUID: its own.
	Place UUID
	// RepostedBy is the handle of the member whose repost is the reason that a feed shows the activity, or "".
	RepostedBy     string
	RepostedByName string
}

// Draft is what a member wants to post; its texts have been checked.
type Draft struct {
	Message  string
	Warning  string // the content warning, or ""
	TTL      TTL    // "" is the author's default, or for a reply the life of its thread
	Pictures []UUID // at most MaxPictures of the author's own that are not used yet
	Key      string // an idempotency key of 1 to MaxIdempotencyKey characters, or ""
}

// Cursor is the activity's place in the list that it was read from; the next page begins before it.
func (a *Activity) Cursor() UUID {
	if a.Place.IsZero() {
		return a.UUID
	}
	return a.Place
}

// Thread is an activity with the conversation around it.
type Thread struct {
	Ancestors []Activity // what it hangs on, from the beginning of the conversation to its parent; at most MaxAncestors
	Activity  Activity
	Replies   []Activity // what hangs on it at any depth, oldest first; a page of at most ThreadPageSize
	Total     int        // how many replies hang on it, on all pages
}

// Depths returns for each reply of the page how deep below the activity it is: 0 for a direct reply, and for one
// whose parent is on an earlier page.
func (t *Thread) Depths() []int {
	depth := make(map[UUID]int, len(t.Replies))
	out := make([]int, len(t.Replies))
	for i := range t.Replies {
		if d, ok := depth[t.Replies[i].ReplyTo]; ok {
			out[i] = d + 1
		}
		depth[t.Replies[i].UUID] = out[i]
	}
	return out
}

// Everything counts what a member has written, and what hangs on it.
type Everything struct {
	Cruds, Replies int // the member's own
	Others         int // replies of other members below these
}

// TTL is the preset that the activity was created with, or "" after its end was moved.
func (a *Activity) TTL() TTL { return TTLOf(a.ExpiresAt.Sub(a.CreatedAt)) }

// Visible reports whether the activity may be shown at now. The database applies the same rule, in
// its function live_activities.
func (a *Activity) Visible(now time.Time) bool { return a.ExpiresAt.After(now) }

// CheckMessage validates the text of a new crud and returns it without white space around it. The limit counts code
// points, as PostgreSQL's char_length and the form's counter do.
func CheckMessage(s string) (string, error) {
	return checkText(s, MaxMessage, "message_exceed_max_chars")
}

// CheckReply is CheckMessage for a reply, which may be longer.
func CheckReply(s string) (string, error) {
	return checkText(s, MaxReply, "message_exceed_max_chars_1024")
}

// CheckWarning validates a content warning: at most 100 code points on one line, and nothing that Tidy would remove. It
// may be empty: nothing is hidden.
func CheckWarning(s string) (string, error) {
	return checkLine("content_warning", "content_warning", s, MaxWarning)
}

func checkText(s string, most int, tooLong string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", Invalid("message", "message_invalid_text")
	}
	s = lines(s)
	s = strings.TrimFunc(s, blank)
	if !Visible(s) {
		return "", Invalid("message", "message_blank")
	}
	if utf8.RuneCountInString(s) > most {
		return "", Invalid("message", tooLong)
	}
	return s, nil
}

// lines ends each line of a text with a newline alone. What precedes it may be several carriage returns; if only the last
// of them went, a text that was checked twice would not be the one that was checked once.
func lines(s string) string {
	if !strings.Contains(s, "\r\n") {
		return s
	}
	parts := strings.Split(s, "\n")
	for i := range parts[:len(parts)-1] {
		parts[i] = strings.TrimRight(parts[i], "\r")
	}
	return strings.Join(parts, "\n")
}

// blank reports whether a character is trimmed from the ends of a text: white space, and invisible characters that
// people paste without noticing.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' || unicode.Is(unicode.Cc, r)
}
