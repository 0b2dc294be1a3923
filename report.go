package cruddur

import (
	"strings"
	"time"
	"unicode/utf8"
)

// MaxReportWords is the most code points that a reporter may add to a reason.
const MaxReportWords = 1000

// CaseLife is how long a case is kept with its evidence and its reports, unless a moderator closes it before.
const CaseLife = MaxLife

// Reason is why something is reported.
type Reason string

// The reasons.
const (
	Spam        Reason = "spam"
	Abuse       Reason = "abuse"
	Illegal     Reason = "illegal"
	OtherReason Reason = "other"
)

// Reasons are all reasons in the order in which a form offers them.
var Reasons = []Reason{Spam, Abuse, Illegal, OtherReason}

// ParseReason returns the reason of a name; reason_blank if there is none, reason_invalid if it is unknown.
func ParseReason(name string) (Reason, error) {
	for _, r := range Reasons {
		if string(r) == name {
			return r, nil
		}
	}
	if name == "" {
		return "", Invalid("reason", "reason_blank")
	}
	return "", Invalid("reason", "reason_invalid")
}

// CheckReportWords validates what a reporter adds to a reason, which may be empty.
func CheckReportWords(s string) (string, error) {
	return checkLines("words", "words", s, MaxReportWords)
}

// CheckNote validates the words that a moderator puts beside an act, which may be empty.
func CheckNote(s string) (string, error) { return checkLines("note", "act_note", s, MaxActNote) }

// checkLines validates a text of several lines for a field, with codes that begin with code, and returns it without white space around it.
func checkLines(field, code, s string, most int) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", Invalid(field, code+"_invalid_text")
	}
	s = strings.TrimFunc(lines(s), blank)
	if utf8.RuneCountInString(s) > most {
		return "", Invalid(field, code+"_exceed_max_chars")
	}
	if !Visible(s) {
		return "", nil
	}
	return s, nil
}

// TargetKind is what a report is about.
type TargetKind string

// The kinds of targets.
const (
	ActivityTarget TargetKind = "activity" // a crud or a reply
	MessageTarget  TargetKind = "message"  // a private message, reported by its recipient
	MemberTarget   TargetKind = "member"   // a member as such
)

// NewReport is a report on its way. Its words have been checked.
type NewReport struct {
	Reporter UUID
	Kind     TargetKind
	Target   UUID
	Reason   Reason
	Words    string
	// Copies are the small sizes of the target's pictures, by the UUIDs of the pictures. One that is missing could not
	// be read.
	Copies map[UUID][]byte
}

// Case is everything that members have reported of one target and that no moderator has closed yet.
type Case struct {
	UUID      UUID
	Kind      TargetKind
	Target    UUID
	Member    UUID   // whom it is about; the nil UUID: the account is deleted
	Handle    string // of that member when the case was opened
	OpenedAt  time.Time
	ExpiresAt time.Time
	Reports   int      // how many there are
	Reasons   []Reason // those that were given, each once
	Excerpt   string   // the beginning of the evidence's text, in a list
}

// ActTarget is how the audit log names what the case is about.
func (c *Case) ActTarget() string {
	switch c.Kind {
	case ActivityTarget:
		return CrudTarget(c.Handle, c.Target)
	case MessageTarget:
		return "@" + c.Handle + " message " + c.Target.String()
	default:
		return "@" + c.Handle
	}
}

// CrudTarget is how the audit log names a crud or a reply. What it names always begins with the member.
func CrudTarget(handle string, id UUID) string { return "@" + handle + " crud " + id.String() }

// CaseFile is a case with all that moderators need to judge it.
type CaseFile struct {
	Case
	Evidence Evidence
	Given    []Report // the newest reports, the newest first; at most MaxGiven
}

// MaxGiven is how many reports of a case are shown.
const MaxGiven = 50

// Evidence is the copy of what was reported, as it was then.
type Evidence struct {
	DisplayName string
	Message     string // of a member: what they said about themselves
	Warning     string // the content warning, or ""
	WrittenAt   time.Time
	EndsAt      time.Time // when the original ends; the zero time: a member has no end
	Pictures    []EvidencePicture
}

// EvidencePicture is a picture of what was reported, in the small size.
type EvidencePicture struct {
	Position      int
	Alt           string
	Width, Height int // of the large size: the shape
	Extension     string
	Stored        bool // it could be read when the case was opened
}

// Report is what one member has reported.
type Report struct {
	UUID      UUID
	Handle    string // of the reporter
	Reason    Reason
	Words     string
	CreatedAt time.Time
}
