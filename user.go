package cruddur

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of a member's own texts: code points, except the e-mail address, which counts bytes (the
// limit of RFC 5321's path).
const (
	MaxDisplayName = 50
	MaxBio         = 160
	MaxEmail       = 254
)

// User is a member. No public answer contains Subject, Email or credentials.
type User struct {
	UUID        UUID
	Handle      string
	DisplayName string
	Bio         string
	DefaultTTL  TTL
	CreatedAt   time.Time
	Email       string
	Subject     string // the identity provider's name for the member: users.cognito_user_id
	Avatar      UUID   // the picture that stands for the member, or the nil UUID
	Banner      UUID   // the picture at the head of the profile, or the nil UUID
	Suspended   bool   // may not act; set when a member is looked up by Subject, because a token does not carry it

	// Ignores says that there may be members whom this one does not see. Set as Suspended is, and for a session.
	Ignores bool

	// Language is the BCP 47 tag of the language in which the member reads the pages, or "" for the browser's. Set for a
	// session.
	Language string

	Role Role // set as Ignores is

	EmailVerified bool // the identity provider has verified Email; used to store a member, never in an answer
}

// Profile is the public part of a member.
type Profile struct {
	UUID        UUID
	Handle      string
	DisplayName string
	Bio         string
	CreatedAt   time.Time
	CrudsCount  int64 // of cruds alive at the time of the request, at most MostCounted
	LikesPublic bool  // others may see what the member likes
	Avatar      UUID  // as in User
	Banner      UUID

	FollowersCount, FollowingCount int64 // at most MostCounted
}

// Pictures returns the member's avatar and banner, as far as there are any; they are always JPEG.
func (p *Profile) Pictures() (out []Picture) {
	for _, id := range []UUID{p.Avatar, p.Banner} {
		if !id.IsZero() {
			out = append(out, Picture{UUID: id, Extension: "jpg"})
		}
	}
	return out
}

// Person is a member in a list of members.
type Person struct {
	UUID        UUID
	Handle      string
	DisplayName string
	Bio         string
	Avatar      UUID // the picture of the member, or the nil UUID
	Place       UUID // in the list: the next page begins before it
	Following   bool // the reader follows them
	FollowedBy  bool // they follow the reader

	Ignoring   Ignoring  // why the reader does not see them
	MutedUntil time.Time // in a list of muted members; the zero time: for good
}

// MostCounted is the upper limit of a public count: it means this many or more. A member may have hundreds of
// thousands of live cruds, and counting them all takes half a second each time.
const MostCounted = 1000

// CheckDisplayName validates a member's name: 1 to 50 code points on one line, at least one of them visible, and
// nothing that Tidy would remove.
func CheckDisplayName(s string) (string, error) {
	s, err := checkLine("display_name", "display_name", s, MaxDisplayName)
	if err == nil && s == "" {
		err = Invalid("display_name", "display_name_blank")
	}
	return s, err
}

// CheckBio validates a member's text about themselves, at most 160 code points; it may be empty, and must not hold
// anything that Tidy would remove.
func CheckBio(s string) (string, error) { return checkLine("bio", "bio", s, MaxBio) }

func checkLine(field, code, s string, most int) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", Invalid(field, code+"_invalid_text")
	}
	s = strings.TrimFunc(s, blank)
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	if !Visible(s) {
		return "", nil
	}
	if Tidy(s) != s {
		return "", Invalid(field, code+"_invalid_text")
	}
	if utf8.RuneCountInString(s) > most {
		return "", Invalid(field, code+"_exceed_max_chars")
	}
	return s, nil
}

// CheckEmail validates an address and returns its one normal form: no display name, no comments, no quoted local
// part, a domain with a dot or "localhost", the domain in lower case. Odd but legal addresses are refused on purpose:
// each of them is another way around a rule about addresses.
func CheckEmail(s string) (string, error) {
	bad := Invalid("email", "email_invalid")
	s = strings.TrimSpace(s)
	if s == "" || len(s) > MaxEmail {
		return "", bad
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf || strings.IndexByte(`"(),:;<>[\]%`, s[i]) >= 0 {
			return "", bad
		}
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s || a.Name != "" {
		return "", bad
	}
	local, domain, _ := strings.Cut(s, "@")
	domain = strings.ToLower(domain)
	if len(local) > 64 || !hostName(domain) || !strings.Contains(domain, ".") && domain != "localhost" {
		return "", bad
	}
	return local + "@" + domain, nil
}

// CheckNewEmail is CheckEmail for the address of a new account. It also refuses the signs that mail programs do not
// read as part of a name: ! separates hosts (UUCP), | starts a program, * and ? are wildcards, and a backtick runs a
// command in a shell. No mailbox provider gives out names with them. A member who already has such an address can
// still sign in with it.
func CheckNewEmail(s string) (string, error) {
	s, err := CheckEmail(s)
	if err == nil && strings.ContainsAny(s, "!|*?`") {
		return "", Invalid("email", "email_invalid")
	}
	return s, err
}

// hostName reports whether s is a host name in lower case (RFC 1123): labels of 1 to 63 letters,
// digits and inner dashes.
func hostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; c != '-' && (!handleByte(c) || c == '_') {
				return false
			}
		}
	}
	return true
}
