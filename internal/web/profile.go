package web

import (
	"context"
	"html/template"
	"net/http"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/lang"
)

// profileView is a member's page.
type profileView struct {
	page
	Member     cruddur.Profile
	Avatar     avatar
	Banner     string // address of the picture at the head, or ""
	Bio        template.HTML
	Since      string // RFC 3339
	Joined     string
	Own        bool
	Following  bool // the viewer follows the member
	FollowedBy bool
	Muting     bool // the viewer mutes the member
	Blocking   bool // the viewer blocks the member, and sees nothing but the way to undo it
	Cruds      template.HTML
	Count      int
	Older      string
	Newest     bool
	Alive      template.HTML // "12 cruds alive", the number bold; a + says that the count stopped at its limit
	By         template.HTML // the same for the followers
	Of         template.HTML // and for those whom the member follows
	ManyBy     bool          // the count of the followers stopped at its limit
	Profile    template.URL
	Tab        string // what the page shows: cruds, replies or likes
	Tabs       []tab
	Address    string // of the tab
	Fresh      bool   // the account is so new that nothing of the member can have ended
}

func (*profileView) template() string { return "profile" }

// reader reads a page of a member's activities.
type reader func(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)

// markers reads a page of those who like or have reposted an activity.
type markers func(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)

func (s *site) getProfile(w http.ResponseWriter, r *http.Request) error {
	if _, err := handleAt(r); err != nil {
		return s.getNothing(w, r)
	}
	return s.showProfile(w, r, "cruds", s.Store.ActivitiesOf)
}

func (s *site) getReplies(w http.ResponseWriter, r *http.Request) error {
	return s.showProfile(w, r, "replies", s.Store.RepliesOf)
}

// getLikes shows what a member likes: to others only if the member has opened it. Otherwise the page does not exist.
func (s *site) getLikes(w http.ResponseWriter, r *http.Request) error {
	return s.showProfile(w, r, "likes", s.Store.LikedBy)
}

func (s *site) showProfile(w http.ResponseWriter, r *http.Request, which string, read reader) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := profileViewOf(p, v, which)
	if which == "likes" && !view.Own && !p.LikesPublic {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	list, err := read(r.Context(), p.UUID, before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view.Newest, view.Feed = before.IsZero(), string(view.Profile)+feedFile
	switch {
	case view.Newest && which == "cruds":
		view.Shows = "by:" + p.Handle
	case view.Newest && which == "replies":
		view.Shows = "replies:" + p.Handle
	}
	view.Soonest = s.soonestOf(list, v)
	if view.Cruds, view.Count, err = s.renderCards(r, &view.page, list); err != nil {
		return err
	}
	view.Older = older(view.Address, list, nil)
	switch {
	case v.viewer == nil:
	case view.Own:
		if err := s.suggest(r, &view.page); err != nil {
			return err
		}
	default:
		tie := []cruddur.Person{{UUID: p.UUID}}
		if err := s.Store.Ties(r.Context(), v.viewer.UUID, tie); err != nil {
			return err
		}
		view.Following, view.FollowedBy = tie[0].Following, tie[0].FollowedBy
		view.Muting, view.Blocking = tie[0].Ignoring&cruddur.Muting != 0, tie[0].Ignoring&cruddur.Blocking != 0
		view.Return = here(r)
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

func profileViewOf(p cruddur.Profile, v *visit, which string) *profileView {
	p.DisplayName = cruddur.ShownName(p.DisplayName, p.Handle)
	path := string(profilePath(p.Handle))
	view := &profileView{
		page: page{
			Title: p.DisplayName + " (@" + p.Handle + ")", NoIndex: true,
			Description: v.lang.Text("@{handle} on Cruddur, where everything has an end.", "handle", p.Handle),
		},
		Member: p, Avatar: avatarOf(p.Handle, p.DisplayName).of(p.Avatar), Banner: cruddur.FacePath(p.Banner, cruddur.Large), Bio: linkify(cruddur.Tidy(p.Bio)), Profile: profilePath(p.Handle),
		Since: wire(p.CreatedAt), Joined: v.lang.Month(p.CreatedAt),
		Own: v.viewer != nil && v.viewer.UUID == p.UUID, Tab: which, Address: path,
		Alive: boldCount(v.lang, "{n} cruds alive", p.CrudsCount), By: boldCount(v.lang, "{n} followers", p.FollowersCount), Of: boldCount(v.lang, "{n} following", p.FollowingCount),
		ManyBy: p.FollowersCount >= cruddur.MostCounted,
	}
	view.Tabs = []tab{{"Cruds", path, which == "cruds"}, {"Replies", path + "/replies", which == "replies"}}
	if view.Own || p.LikesPublic {
		view.Tabs = append(view.Tabs, tab{"Likes", path + "/likes", which == "likes"})
	}
	view.Fresh = v.now.Sub(p.CreatedAt) < cruddur.Presets[0].Duration
	if which != "cruds" {
		view.Address += "/" + which
	}
	if view.Own {
		view.Here = "profile"
	}
	return view
}

// boldCount is a number with its noun, as HTML in which the number is bold.
func boldCount(l *lang.Language, english string, count int64) template.HTML {
	n := int(count)
	number := l.Number(n)
	if n >= cruddur.MostCounted {
		number += "+"
	}
	before, after, _ := strings.Cut(l.Counted(english, n), "{n}")
	return template.HTML(template.HTMLEscapeString(before) + "<b>" + number + "</b>" + template.HTMLEscapeString(after))
}

// Follow is what the Follow button is about.
func (v *profileView) Follow() *person {
	return &person{Path: string(v.Profile), Handle: v.Member.Handle, Following: v.Following}
}
