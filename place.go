package cruddur

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of the texts of a place, in code points, and of its domains.
const (
	MaxPlaceName    = 50
	MaxPlaceLine    = 160
	MaxPlaceRules   = 4000
	MaxPlaceContact = 254
	MaxDomains      = 50
)

// SignUpMode says who may become a member.
type SignUpMode string

// The modes. An invitation admits in all of them but SignUpClosed.
const (
	SignUpOpen   SignUpMode = "open"   // everybody
	SignUpInvite SignUpMode = "invite" // who has an invitation
	SignUpDomain SignUpMode = "domain" // who has an address of one of the place's domains
	SignUpClosed SignUpMode = "closed" // nobody; operators make members at the command line
)

// SignUpModes are all modes.
var SignUpModes = []SignUpMode{SignUpOpen, SignUpInvite, SignUpDomain, SignUpClosed}

// ReadingMode says who may read.
type ReadingMode string

// The modes of reading.
const (
	ReadingEverybody ReadingMode = "everybody"
	ReadingMembers   ReadingMode = "members" // whoever is not signed in reads nothing but how to sign in
)

// ReadingModes are all modes of reading.
var ReadingModes = []ReadingMode{ReadingEverybody, ReadingMembers}

// Place is what the host says about their Cruddur, and who may come in.
type Place struct {
	Name    string
	Line    string // what it is, on one line; may be empty
	Rules   string // may be empty, and have several lines
	Contact string // an address or a sentence that leads to the host; may be empty
	Colour  string // of the logo, as #rrggbb; "" for Cruddur's own
	SignUp  SignUpMode
	Domains []string // for SignUpDomain: in lower case and ASCII; "*." at the beginning stands for every sub-domain
	Reading ReadingMode
}

// DefaultPlace is a place that nobody has described yet.
func DefaultPlace() Place {
	return Place{Name: "Cruddur", SignUp: SignUpOpen, Reading: ReadingEverybody}
}

// Check validates all of a place and returns it in its normal form; domains must be ASCII already.
func (p Place) Check() (Place, error) {
	var err error
	if p.Name, err = checkLine("name", "name", p.Name, MaxPlaceName); err == nil && p.Name == "" {
		err = Invalid("name", "name_blank")
	}
	if err == nil {
		p.Line, err = checkLine("line", "line", p.Line, MaxPlaceLine)
	}
	if err == nil {
		p.Contact, err = checkLine("contact", "contact", p.Contact, MaxPlaceContact)
	}
	if err == nil {
		p.Rules, err = checkRules(p.Rules)
	}
	if err == nil {
		p.Colour, err = checkColour(p.Colour)
	}
	if err == nil && !slices.Contains(SignUpModes, p.SignUp) {
		err = Invalid("sign_up", "sign_up_invalid")
	}
	if err == nil && !slices.Contains(ReadingModes, p.Reading) {
		err = Invalid("reading", "reading_invalid")
	}
	if err == nil {
		p.Domains, err = checkDomains(p.Domains)
	}
	if err == nil && p.SignUp == SignUpDomain && len(p.Domains) == 0 {
		err = Invalid("domains", "domains_blank")
	}
	return p, err
}

// checkRules validates a text of several lines.
func checkRules(s string) (string, error) {
	s = lines(s)
	bad := func(r rune) bool { return r != '\n' && r != '\t' && unicode.Is(unicode.Cc, r) }
	if !utf8.ValidString(s) || strings.ContainsFunc(s, bad) {
		return "", Invalid("rules", "rules_invalid_text")
	}
	s = strings.TrimFunc(s, blank)
	if utf8.RuneCountInString(s) > MaxPlaceRules {
		return "", Invalid("rules", "rules_exceed_max_chars")
	}
	return s, nil
}

// checkColour validates a colour as an HTML colour input sends it.
func checkColour(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	if len(s) != 7 || s[0] != '#' || strings.Trim(s[1:], "0123456789abcdef") != "" {
		return "", Invalid("colour", "colour_invalid")
	}
	return s, nil
}

// checkDomains validates domains, puts them in order and leaves out repetitions.
func checkDomains(list []string) ([]string, error) {
	var out []string
	for _, d := range list {
		d = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(d)), ".")
		if d == "" {
			continue
		}
		host := strings.TrimPrefix(d, "*.")
		if len(host) > 253 || !hostName(host) || !strings.Contains(host, ".") {
			return nil, Invalid("domains", "domain_invalid")
		}
		out = append(out, d)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > MaxDomains {
		return nil, Invalid("domains", "too_many_domains")
	}
	return out, nil
}

// HasDomain reports whether an address, in the form of CheckEmail, belongs to one of the place's domains.
func (p Place) HasDomain(email string) bool {
	_, domain, _ := strings.Cut(email, "@")
	domain = strings.ToLower(domain)
	return slices.ContainsFunc(p.Domains, func(d string) bool {
		if above, ok := strings.CutPrefix(d, "*."); ok {
			return strings.HasSuffix(domain, "."+above)
		}
		return domain == d
	})
}

// Admit returns an error if somebody with an address may not become a member. invited means that they have an
// invitation that still holds.
func (p Place) Admit(email string, invited bool) error {
	switch {
	case p.SignUp == SignUpClosed:
		return NewError(KindForbidden, "sign_up_closed")
	case p.SignUp == SignUpOpen, invited:
		return nil
	case p.SignUp == SignUpDomain:
		if p.HasDomain(email) {
			return nil
		}
		return Invalid("email", "email_domain_refused")
	}
	return Invalid("invitation", "invitation_blank")
}

// Limits of an invitation.
const (
	MaxInvitationUses = 10_000
	MaxInvitationNote = 100 // code points
	MaxInvitationLife = 365 * 24 * time.Hour
)

// Invitation is a link with which a number of people may become members.
type Invitation struct {
	UUID      UUID
	Note      string // for the hosts: whom it is for; may be empty
	Uses      int    // how many may come by it
	Used      int    // how many have
	CreatedBy string // as Act.Actor
	CreatedAt time.Time
	ExpiresAt time.Time
}

// CheckInvitation validates the note, the number of uses and the life of a new invitation.
func CheckInvitation(note string, uses int, life time.Duration) (string, error) {
	note, err := checkLine("note", "note", note, MaxInvitationNote)
	switch {
	case err != nil:
		return "", err
	case uses < 1 || uses > MaxInvitationUses:
		return "", Invalid("uses", "uses_invalid")
	case life < time.Minute || life > MaxInvitationLife:
		return "", Invalid("days", "days_invalid")
	}
	return note, nil
}

// Differences names the fields in which two places differ, as the API does.
func (p Place) Differences(q Place) []string {
	var out []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", p.Name == q.Name},
		{"line", p.Line == q.Line},
		{"rules", p.Rules == q.Rules},
		{"contact", p.Contact == q.Contact},
		{"colour", p.Colour == q.Colour},
		{"sign_up", p.SignUp == q.SignUp},
		{"domains", slices.Equal(p.Domains, q.Domains)},
		{"reading", p.Reading == q.Reading},
	} {
		if !f.same {
			out = append(out, f.name)
		}
	}
	return out
}
