package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cruddur"
)

// moderated is a member as moderators see them.
type moderated struct {
	Path, Profile  string // of the moderators' page, "" on that page itself; and of the profile
	Handle, Name   string
	Avatar         avatar
	Role           string // "" of a member without one
	Since          string // RFC 3339
	Joined         string
	Suspended      string // since when, RFC 3339; "": not
	SuspendedSince string
	Silenced       string // as Suspended
	SilencedSince  string
	May            bool // the viewer may act on them
	Acts           []actLine
}

// roleLabels name the roles that somebody may have beyond being a member.
var roleLabels = map[cruddur.Role]string{cruddur.RoleModerator: "moderator", cruddur.RoleOperator: "operator"}

// shownActs is how many of the acts on a member their page shows.
const shownActs = 20

func (s *site) moderatedOf(r *http.Request, m *cruddur.Member) (*moderated, error) {
	v, name := visitOf(r), cruddur.ShownName(m.DisplayName, m.Handle)
	x := &moderated{
		Path: membersPath + "/@" + m.Handle, Profile: string(profilePath(m.Handle)), Handle: m.Handle, Name: name, Avatar: avatarOf(m.Handle, name),
		Since: wire(m.CreatedAt), Joined: v.lang.Day(m.CreatedAt), May: moderatorOf(r).May(m.UUID, m.Role),
	}
	if label := roleLabels[m.Role]; label != "" {
		x.Role = v.lang.Text(label)
	}
	if !m.SuspendedAt.IsZero() {
		x.Suspended, x.SuspendedSince = wire(m.SuspendedAt), v.lang.Date(m.SuspendedAt)
	}
	if !m.SilencedAt.IsZero() {
		x.Silenced, x.SilencedSince = wire(m.SilencedAt), v.lang.Date(m.SilencedAt)
	}
	list, err := s.Store.ActsOn(r.Context(), *m, shownActs, v.now)
	x.Acts = actLines(v, list)
	return x, err
}

// membersView finds a member.
type membersView struct {
	page
	Tabs   []tab
	Handle string
	Error  string
}

func (*membersView) template() string { return "moderate" }

// getModerated leads to the page of the member whose handle was typed.
func (s *site) getModerated(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	view := &membersView{page: page{Title: "Members", Here: "moderation"}, Tabs: moderationTabs(membersPath), Handle: r.URL.Query().Get("handle")}
	if view.Handle != "" {
		handle, err := cruddur.CheckHandle(strings.TrimPrefix(strings.TrimSpace(view.Handle), "@"))
		if err == nil {
			_, err = s.Store.FindMember(r.Context(), handle, v.now)
		}
		switch kind := cruddur.KindOf(err); {
		case err == nil:
			http.Redirect(w, r, membersPath+"/@"+handle, http.StatusSeeOther)
			return nil
		case kind != cruddur.KindNotFound && kind != cruddur.KindInvalid:
			return err
		}
		view.Error = v.lang.Text("There is no member with that handle.")
		view.Handle = strings.ToValidUTF8(view.Handle, "\ufffd")
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// moderatedView is the moderators' page of a member.
type moderatedView struct {
	page
	Member *moderated
	Acting acting
}

func (*moderatedView) template() string { return "moderated" }

// memberAt returns the member that the address names, suspended or not.
func (s *site) memberAt(r *http.Request) (cruddur.Member, error) {
	if visitOf(r).viewer == nil {
		return cruddur.Member{}, cruddur.NewError(cruddur.KindNotFound)
	}
	handle, err := handleAt(r)
	if err != nil {
		return cruddur.Member{}, err
	}
	return s.Store.FindMember(r.Context(), handle, visitOf(r).now)
}

func (s *site) moderatedForm(r *http.Request, e *entry) (view, error) {
	m, err := s.memberAt(r)
	if err != nil {
		return nil, err
	}
	x, err := s.moderatedOf(r, &m)
	if err != nil {
		return nil, err
	}
	view := &moderatedView{page: page{Title: "@" + m.Handle, Here: "moderation", NoIndex: true}, Member: x, Acting: actingOf(visitOf(r), x.Path, e)}
	view.Acting.On, x.Path = x, "" // it is this page
	return view, nil
}

// moderate is an act of a moderator on a member.
type moderate func(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error

// noteOn is NoteOn for a form: a note says something.
func (s *site) noteOn(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	if note == "" {
		return cruddur.Invalid("note", "act_note_blank")
	}
	return s.Store.NoteOn(ctx, m, by, note, now)
}

func (s *site) suspend(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return s.Store.SuspendBy(ctx, m, by, note, now)
}

func (s *site) unsuspend(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return s.Store.UnsuspendBy(ctx, m, by, note, now)
}

func (s *site) silence(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return s.Store.SilenceBy(ctx, m, by, note, now)
}

func (s *site) unsilence(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error {
	return s.Store.UnsilenceBy(ctx, m, by, note, now)
}

// postOnMember acts on the member that the address names.
func (s *site) postOnMember(do moderate, notice string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		m, err := s.memberAt(r)
		if err != nil {
			return err
		}
		return s.act(w, r, m, do, membersPath+"/@"+m.Handle+"?notice="+notice)
	}
}

// postOnCase acts on the member whom the case is about that the address names.
func (s *site) postOnCase(do moderate, notice string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, m, err := s.caseAt(r)
		if err == nil && f.Member.IsZero() {
			err = cruddur.NewError(cruddur.KindNotFound)
		}
		if err != nil {
			return err
		}
		return s.act(w, r, m, do, casesPath+f.UUID.String()+"?notice="+notice)
	}
}

func (s *site) act(w http.ResponseWriter, r *http.Request, m cruddur.Member, do moderate, back string) error {
	note, err := noteOf(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), m, moderatorOf(r), note, visitOf(r).now); err != nil {
		return err
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
