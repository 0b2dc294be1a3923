package web

import (
	"context"
	"html/template"
	"net/http"
	"time"

	"cruddur"
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
	Plural     string
	Many       bool // the count stopped at its limit; there may be more cruds
	ManyBy     bool // so did that of the followers
	ManyOf     bool // and of those whom the member follows
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
	view.Newest = before.IsZero()
	view.Soonest = s.soonestOf(list, v.now)
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
			Description: "@" + p.Handle + " on Cruddur, where everything has an end.",
		},
		Member: p, Avatar: avatarOf(p.Handle, p.DisplayName).of(p.Avatar), Banner: cruddur.FacePath(p.Banner, cruddur.Large), Bio: linkify(cruddur.Tidy(p.Bio)), Profile: profilePath(p.Handle),
		Since: wire(p.CreatedAt), Joined: p.CreatedAt.UTC().Format("January 2006"),
		Own: v.viewer != nil && v.viewer.UUID == p.UUID, Plural: "cruds", Tab: which, Address: path,
		Many: p.CrudsCount >= cruddur.MostCounted, ManyBy: p.FollowersCount >= cruddur.MostCounted, ManyOf: p.FollowingCount >= cruddur.MostCounted,
	}
	view.Tabs = []tab{{"Cruds", path, which == "cruds"}, {"Replies", path + "/replies", which == "replies"}}
	if view.Own || p.LikesPublic {
		view.Tabs = append(view.Tabs, tab{"Likes", path + "/likes", which == "likes"})
	}
	view.Fresh = v.now.Sub(p.CreatedAt) < cruddur.Presets[0].Duration
	if which != "cruds" {
		view.Address += "/" + which
	}
	if p.CrudsCount == 1 {
		view.Plural = "crud"
	}
	if view.Own {
		view.Here = "profile"
	}
	return view
}

// Follow is what the Follow button is about.
func (v *profileView) Follow() *person {
	return &person{Path: string(v.Profile), Handle: v.Member.Handle, Following: v.Following}
}
