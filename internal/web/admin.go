package web

import (
	"context"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/place"
)

// Hosting is the part of the Store with which operators look after the place.
type Hosting interface {
	Figures(ctx context.Context, days int, now time.Time) (cruddur.Figures, error)
	PurgeLag(ctx context.Context, now time.Time) (rows int64, lag time.Duration, err error)
	Invitation(ctx context.Context, tokenHash []byte, now time.Time) (cruddur.Invitation, error)
	Invitations(ctx context.Context, now time.Time) ([]cruddur.Invitation, error)
	Invite(ctx context.Context, i cruddur.Invitation, tokenHash []byte, now time.Time) (cruddur.Invitation, error)
	RevokeInvitation(ctx context.Context, id cruddur.UUID, actor string, now time.Time) error
}

// adminView is a page of the operator's: the figures, the place, or the invitations.
type adminView struct {
	page
	Tabs        []tab
	Figures     []figure
	SignUps     template.HTML
	Disk        template.HTML
	Lead        string
	Form        form
	Link        string // of the invitation that was just made
	Inviting    bool
	Invitations []invitationLine
}

func (*adminView) template() string { return "admin" }

// figure is one number with its name.
type figure struct{ Label, Value, Note string }

// invitationLine is an invitation in the list.
type invitationLine struct {
	UUID, Note, Used, By, Ends, EndsText string
}

func adminTabs(here string) []tab {
	tabs := []tab{{Text: "Figures", Href: "/admin"}, {Text: "This place", Href: "/admin/place"}, {Text: "Invitations", Href: "/admin/invitations"}}
	for i := range tabs {
		tabs[i].Here = tabs[i].Href == here
	}
	return tabs
}

// figuresLife is how long the figures are kept: they count whole tables.
const figuresLife = 30 * time.Second

// keptFigures are the newest figures.
type keptFigures struct {
	sync.Mutex
	figures cruddur.Figures
	lag     time.Duration
	late    int64
	at      time.Time
}

// signUpDays is how many days the chart of new members shows.
const signUpDays = 30

func (s *site) figures(ctx context.Context, now time.Time) (f cruddur.Figures, late int64, lag time.Duration, err error) {
	k := &s.counted
	k.Lock()
	defer k.Unlock()
	if k.at.IsZero() || now.Sub(k.at).Abs() >= figuresLife {
		if f, err = s.Store.Figures(ctx, signUpDays, now); err == nil {
			late, lag, err = s.Store.PurgeLag(ctx, now)
		}
		if err != nil {
			return f, 0, 0, err
		}
		k.figures, k.late, k.lag, k.at = f, late, lag, now
	}
	return k.figures, k.late, k.lag, nil
}

func (s *site) getAdmin(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	f, late, lag, err := s.figures(r.Context(), v.now)
	if err != nil {
		return err
	}
	l := v.lang
	number := func(n int64) string { return l.Number(int(n)) }
	purge := figure{"Waiting to be deleted", number(late), ""}
	if late > 0 {
		purge.Note = l.Text("the oldest for {time}", "time", l.Countdown(lag))
	}
	members := figure{"Members", number(f.Members), ""}
	if f.Suspended > 0 {
		members.Note = l.Count("{n} suspended", int(f.Suspended))
	}
	s.render(w, r, http.StatusOK, &adminView{
		page: page{Title: "Operator", Here: "admin"},
		Tabs: adminTabs("/admin"),
		Figures: []figure{
			members,
			{"Here in the last seven days", number(f.Active), ""},
			{"Live cruds", number(f.Cruds), ""},
			{"Live replies", number(f.Replies), ""},
			purge,
			{"Size of the database", bytesText(l, f.Bytes), ""},
		},
		SignUps: daysChart(l, f.SignUps),
		Disk:    tablesChart(l, f.Tables),
	})
	return nil
}

// actorOf names the viewer in the audit log.
func actorOf(v *visit) string { return "@" + v.viewer.Handle }

// adminPlaceForm is the form about the place.
func (s *site) adminPlaceForm(r *http.Request, e *entry) (view, error) {
	if err := needs(visitOf(r).viewer, cruddur.RoleOperator); err != nil {
		return nil, err
	}
	p := visitOf(r).place
	domains := make([]string, len(p.Domains))
	for i, d := range p.Domains {
		domains[i] = place.Written(d)
	}
	v := &adminView{page: page{Title: "This place", Here: "admin"}, Tabs: adminTabs("/admin/place")}
	v.Form = form{Action: "/admin/place", Submit: "Save", Fields: []field{
		{Name: "name", Label: "Name", Type: "text", Value: p.Name, Autocomplete: "off", Hint: "It stands beside the logo and in the title of every page."},
		{Name: "line", Label: "What it is, on one line", Type: "text", Value: p.Line, Autocomplete: "off", Optional: true},
		{Name: "rules", Label: "Rules", Type: "area", Value: p.Rules, Most: cruddur.MaxPlaceRules, Optional: true, Hint: "They stand on the page about this place. Each line is a paragraph."},
		{Name: "contact", Label: "Contact", Type: "text", Value: p.Contact, Autocomplete: "off", Optional: true, Hint: "An address, a page or a sentence that leads to you. Everybody sees it."},
		{Name: "colour", Label: "Colour of the logo", Type: "text", Value: p.Colour, Autocomplete: "off", Optional: true, Hint: "Such as #9500ff. Empty: the usual one."},
		{Name: "sign_up", Label: "Who may sign up", Type: "select", Choices: signUpChoices(p.SignUp)},
		{Name: "domains", Label: "Domains", Type: "text", Value: strings.Join(domains, " "), Autocomplete: "off", Optional: true, Hint: "For addresses of certain domains: school.example, or *.school.example for all below it; several with spaces between."},
		{Name: "reading", Label: "Who may read", Type: "select", Choices: []choice{
			{string(cruddur.ReadingEverybody), "everybody", p.Reading == cruddur.ReadingEverybody},
			{string(cruddur.ReadingMembers), "members only", p.Reading == cruddur.ReadingMembers},
		}},
	}}.with(e)
	return v, nil
}

func signUpChoices(now cruddur.SignUpMode) []choice {
	return []choice{
		{string(cruddur.SignUpOpen), "everybody", now == cruddur.SignUpOpen},
		{string(cruddur.SignUpInvite), "whoever has an invitation", now == cruddur.SignUpInvite},
		{string(cruddur.SignUpDomain), "addresses of certain domains, and invitations", now == cruddur.SignUpDomain},
		{string(cruddur.SignUpClosed), "nobody", now == cruddur.SignUpClosed},
	}
}

func (s *site) postAdminPlace(w http.ResponseWriter, r *http.Request) error {
	if s.Place == nil {
		return cruddur.NewError(cruddur.KindUnavailable)
	}
	v := visitOf(r)
	_, err := s.Place.Change(r.Context(), func(p *cruddur.Place) error {
		p.Name, p.Line, p.Rules, p.Contact = r.PostFormValue("name"), r.PostFormValue("line"), r.PostFormValue("rules"), r.PostFormValue("contact")
		p.Colour, p.SignUp, p.Reading = r.PostFormValue("colour"), cruddur.SignUpMode(r.PostFormValue("sign_up")), cruddur.ReadingMode(r.PostFormValue("reading"))
		p.Domains = strings.FieldsFunc(r.PostFormValue("domains"), func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' })
		return nil
	}, actorOf(v), v.now)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/place?notice=place", http.StatusSeeOther)
	return nil
}

// invitationsForm is the page of invitations.
func (s *site) invitationsForm(r *http.Request, e *entry) (view, error) {
	v := visitOf(r)
	if err := needs(v.viewer, cruddur.RoleOperator); err != nil {
		return nil, err
	}
	list, err := s.Store.Invitations(r.Context(), v.now)
	if err != nil {
		return nil, err
	}
	view := &adminView{page: page{Title: "Invitations", Here: "admin"}, Tabs: adminTabs("/admin/invitations"), Inviting: true}
	view.Lead = "An invitation is a link. Whoever has it may sign up, until it ends or as many have come as it is made for."
	if v.place.SignUp == cruddur.SignUpClosed {
		view.Lead = "Nobody can sign up here at the moment, with an invitation neither: see “Who may sign up”."
	}
	view.Form = form{Action: "/admin/invitations", Submit: "Make an invitation", Fields: []field{
		{Name: "note", Label: "For whom", Type: "text", Autocomplete: "off", Optional: true, Hint: "Only operators see it."},
		{Name: "uses", Label: "For how many people", Type: "text", InputMode: "numeric", Value: "30", Autocomplete: "off"},
		{Name: "days", Label: "For how many days", Type: "text", InputMode: "numeric", Value: "14", Autocomplete: "off"},
	}}.with(e)
	for _, i := range list {
		view.Invitations = append(view.Invitations, invitationLine{
			UUID: i.UUID.String(), Note: i.Note, Used: v.lang.Text("{used} of {uses}", "used", v.lang.Number(i.Used), "uses", v.lang.Number(i.Uses)),
			By: i.CreatedBy, Ends: wire(i.ExpiresAt), EndsText: v.lang.DayTime(i.ExpiresAt),
		})
	}
	return view, nil
}

// postInvitation makes an invitation and shows its link: only its hash is stored.
func (s *site) postInvitation(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	uses, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("uses")))
	if err != nil {
		return cruddur.Invalid("uses", "uses_invalid")
	}
	days, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("days")))
	if err != nil || days < 1 || days > int(cruddur.MaxInvitationLife/(24*time.Hour)) {
		return cruddur.Invalid("days", "days_invalid")
	}
	life := time.Duration(days) * 24 * time.Hour
	note, err := cruddur.CheckInvitation(r.PostFormValue("note"), uses, life)
	if err != nil {
		return err
	}
	token, hash := identity.NewToken()
	if _, err := s.Store.Invite(r.Context(), cruddur.Invitation{Note: note, Uses: uses, CreatedBy: actorOf(v), ExpiresAt: v.now.Add(life)}, hash, v.now); err != nil {
		return err
	}
	view, err := s.invitationsForm(r, nil)
	if err != nil {
		return err
	}
	view.(*adminView).Link = s.BaseURL + invitePath + token
	s.render(w, r, http.StatusOK, view)
	return nil
}

func (s *site) postRevoke(w http.ResponseWriter, r *http.Request) error {
	id, err := cruddur.ParseUUID(r.PostFormValue("invitation"))
	if err != nil {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	if err := s.Store.RevokeInvitation(r.Context(), id, actorOf(visitOf(r)), visitOf(r).now); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/invitations?notice=revoked", http.StatusSeeOther)
	return nil
}
