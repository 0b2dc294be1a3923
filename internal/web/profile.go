package web

import (
	"html/template"
	"net/http"

	"cruddur"
)

// profileView is a member's page.
type profileView struct {
	page
	Member  cruddur.Profile
	Avatar  avatar
	Bio     template.HTML
	Since   string // RFC 3339
	Joined  string
	Own     bool
	Cruds   template.HTML
	Count   int
	Older   string
	Newest  bool
	Plural  string
	Many    bool // the count stopped at its limit; there may be more cruds
	Profile template.URL
}

func (*profileView) template() string { return "profile" }

func (s *site) getProfile(w http.ResponseWriter, r *http.Request) error {
	handle, err := handleAt(r)
	if err != nil {
		return s.getNothing(w, r)
	}
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	p, err := s.Store.Profile(r.Context(), handle, v.now)
	if err != nil {
		return err
	}
	list, err := s.Store.ActivitiesOf(r.Context(), p.UUID, before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view := profileViewOf(p, v)
	view.Newest = before.IsZero()
	view.Soonest = s.soonestOf(list, v.now)
	view.Cruds, view.Count = s.renderCards(r, &view.page, list)
	view.Older = older(string(view.Profile), list)
	s.render(w, r, http.StatusOK, view)
	return nil
}

func profileViewOf(p cruddur.Profile, v *visit) *profileView {
	p.DisplayName = cruddur.ShownName(p.DisplayName, p.Handle)
	view := &profileView{
		page: page{
			Title: p.DisplayName + " (@" + p.Handle + ")", NoIndex: true,
			Description: "@" + p.Handle + " on Cruddur, where everything has an end.",
		},
		Member: p, Avatar: avatarOf(p.Handle, p.DisplayName), Bio: linkify(cruddur.Tidy(p.Bio)), Profile: profilePath(p.Handle),
		Since: wire(p.CreatedAt), Joined: p.CreatedAt.UTC().Format("January 2006"),
		Own: v.viewer != nil && v.viewer.UUID == p.UUID, Plural: "cruds",
	}
	if p.CrudsCount >= cruddur.MostCounted {
		view.Many = true
	}
	if p.CrudsCount == 1 {
		view.Plural = "crud"
	}
	if view.Own {
		view.Here = "profile"
	}
	return view
}
