package web

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
	"cruddur/internal/place"
)

// openRoutes are the routes that whoever is not signed in may use in a place that only members read: what leads into
// it, and what says what it is. The mailbox has a key of its own.
var openRoutes = []string{
	"/signup", "/signup/handle", "/invite/{token}", "/confirm", "/confirm/resend", "/signin", "/forgot", "/reset", "/signout",
	"/theme", "/language", "/about", "/terms", "/privacy", "/sw.js", "/offline", "/icon.svg", "/icon.png", "/manifest.webmanifest", "/robots.txt", "/dev/mailbox",
}

// readPlace reads what the host says about the place.
func (s *site) readPlace(r *http.Request) (err error) {
	if s.Place == nil {
		return nil
	}
	v := visitOf(r)
	p, err := s.Place.Get(r.Context(), v.now)
	if err == nil {
		v.place = p
	}
	return err
}

// membersOnly reports whether a route is for members alone because the place is.
func (v *visit) membersOnly(rt route) bool {
	return v.place.Reading == cruddur.ReadingMembers && !slices.Contains(openRoutes, rt.pattern)
}

// placeView is what every page shows of the place.
type placeView struct {
	Name     string
	Wordmark string // the name beside the logo
	Line     string
	Own      bool // the logo has a colour of its own
	Colour   string
	Dark     bool // that colour is dark, and what is drawn on it white
	Icon     string
	Closed   bool // nobody can sign up
	Members  bool // only members read
}

func placeOf(p cruddur.Place, assets assets) placeView {
	v := placeView{Name: p.Name, Wordmark: p.Name, Line: p.Line, Icon: assets.Icon, Closed: p.SignUp == cruddur.SignUpClosed, Members: p.Reading == cruddur.ReadingMembers}
	if p.Name == cruddur.DefaultPlace().Name {
		v.Wordmark = strings.ToLower(p.Name)
	}
	if p.Colour != "" {
		v.Own, v.Colour, v.Dark = true, p.Colour, dark(p.Colour)
		v.Icon = "/icon.svg?" + strings.TrimPrefix(p.Colour, "#")
	}
	return v
}

// dark reports whether white stands out better on a colour than black: its relative luminance (WCAG 2.2) is below
// the one at which both have the same contrast, in the simple form in which the squares of the parts stand for the
// gamma curve.
func dark(colour string) bool {
	var parts [3]float64
	for i := range parts {
		parts[i] = float64(hexDigit(colour[1+2*i])*16+hexDigit(colour[2+2*i])) / 255
	}
	return 0.2126*parts[0]*parts[0]+0.7152*parts[1]*parts[1]+0.0722*parts[2]*parts[2] < 0.2
}

func hexDigit(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c-'a') + 10
}

// getIcon answers the logo in the colour of the place.
func (s *site) getIcon(w http.ResponseWriter, r *http.Request) error {
	icon := string(s.static.plain["icon.svg"].data)
	if p := placeOf(visitOf(r).place, s.static.assets[0]); p.Own {
		icon = strings.Replace(icon, `fill="#9500ff"`, `fill="`+p.Colour+`"`, 1)
		if !p.Dark {
			icon = strings.Replace(icon, `stroke="#fff"`, `stroke="#000"`, 1)
		}
	}
	w.Header().Set("Content-Type", mediaTypes[".svg"])
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Write([]byte(icon))
	return nil
}

// getRobots tells search engines what they may keep: never what ends, and nothing of a place that only members read.
func (s *site) getRobots(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	text := robots
	if visitOf(r).place.Reading == cruddur.ReadingMembers {
		text = "User-agent: *\nDisallow: /\n"
	}
	w.Write([]byte(text))
	return nil
}

// aboutView is the page about the place.
type aboutView struct {
	textView
	Rules   []template.HTML // its paragraphs
	Contact template.HTML
	SignUp  string // who may become a member
	Reading string
}

func (s *site) getAbout(w http.ResponseWriter, r *http.Request) error {
	l, p := visitOf(r).lang, visitOf(r).place
	v := &aboutView{textView: textView{page{Title: "About", Here: "about"}, "about", cruddur.MaxMessage, l.Number(cruddur.MaxReply), lives(l)}}
	for paragraph := range strings.SplitSeq(p.Rules, "\n") {
		if cruddur.Visible(paragraph) {
			v.Rules = append(v.Rules, linkify(paragraph))
		}
	}
	v.Contact = contactOf(p.Contact)
	v.SignUp = l.Text(signUpSentences[p.SignUp])
	if p.SignUp == cruddur.SignUpDomain {
		v.SignUp += " " + domainsOf(l, p)
	}
	if p.Reading == cruddur.ReadingMembers {
		v.Reading = "Only members read here."
	} else {
		v.Reading = "Everybody can read here, also without signing in."
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

// signUpSentences say who may become a member.
var signUpSentences = map[cruddur.SignUpMode]string{
	cruddur.SignUpOpen:   "Everybody can sign up.",
	cruddur.SignUpInvite: "Whoever has an invitation can sign up.",
	cruddur.SignUpDomain: "Whoever has an invitation or an address of this place can sign up.",
	cruddur.SignUpClosed: "This place takes no new members at the moment.",
}

// domainsOf names the domains whose addresses may sign up.
func domainsOf(l *lang.Language, p cruddur.Place) string {
	var names []string
	for _, d := range p.Domains {
		names = append(names, "@"+place.Written(d))
	}
	return l.Text("Addresses of this place end with {domains}.", "domains", strings.Join(names, ", "))
}

// contactOf makes a link of a contact that is an address of a mailbox or of a page.
func contactOf(contact string) template.HTML {
	if email, err := cruddur.CheckEmail(contact); err == nil {
		return template.HTML(`<a href="mailto:` + template.HTMLEscapeString(email) + `">` + template.HTMLEscapeString(email) + `</a>`)
	}
	return linkify(contact)
}
