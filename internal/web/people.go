package web

import (
	"context"
	"html/template"
	"net/http"

	"cruddur"
)

// person is a member in a list.
type person struct {
	Path, Handle, DisplayName string
	Avatar                    avatar
	Bio                       template.HTML
	Following, FollowedBy     bool
	Button                    bool // the viewer may follow them
}

// peopleView is a page that lists members.
type peopleView struct {
	page
	Heading string
	Back    template.URL // what the list is about
	Tabs    []tab
	People  []*person
	Older   string
	Empty   string // what an empty list says
}

func (*peopleView) template() string { return "people" }

// tab is one of several views of a page.
type tab struct {
	Text, Href string
	Here       bool
}

// peopleOf makes the lines of a list; what ties the viewer to each costs one statement, a stranger's page none.
func (s *site) peopleOf(r *http.Request, list []cruddur.Person) ([]*person, error) {
	v := visitOf(r)
	if v.viewer != nil {
		if err := s.Store.Ties(r.Context(), v.viewer.UUID, list); err != nil {
			return nil, err
		}
	}
	out := make([]*person, len(list))
	for i := range list {
		x := &list[i]
		name := cruddur.ShownName(x.DisplayName, x.Handle)
		out[i] = &person{
			Path: string(profilePath(x.Handle)), Handle: x.Handle, DisplayName: name, Avatar: avatarOf(x.Handle, name).of(x.Avatar),
			Bio: linkify(cruddur.Tidy(x.Bio)), Following: x.Following, FollowedBy: x.FollowedBy,
			Button: v.viewer != nil && v.viewer.UUID != x.UUID,
		}
	}
	return out, nil
}

// suggest puts members worth following into the side panel.
func (s *site) suggest(r *http.Request, p *page) error {
	v := visitOf(r)
	if v.viewer == nil {
		return nil
	}
	list, err := s.Store.Suggested(r.Context(), v.viewer.UUID, suggestions, v.now)
	if err == nil {
		p.Return = here(r)
		p.Suggested, err = s.peopleOf(r, list)
	}
	return err
}

// suggestions is how many members the side panel shows.
const suggestions = 4

// showPeople shows a page of members; path is the list's address.
func (s *site) showPeople(w http.ResponseWriter, r *http.Request, view *peopleView, path string, list []cruddur.Person) (err error) {
	view.NoIndex = true
	if visitOf(r).viewer != nil {
		view.Return = here(r)
	}
	if len(list) == cruddur.PageSize {
		view.Older = path + "?before=" + list[len(list)-1].Place.String()
	}
	if view.People, err = s.peopleOf(r, list); err != nil {
		return err
	}
	if r.URL.Query().Has("before") {
		view.Empty = "Nobody further."
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

func (s *site) getFollowers(w http.ResponseWriter, r *http.Request) error {
	return s.getTies(w, r, "followers", s.Store.Followers)
}

func (s *site) getFollowing(w http.ResponseWriter, r *http.Request) error {
	return s.getTies(w, r, "following", s.Store.Following)
}

// getTies shows a member's followers, or those whom a member follows.
func (s *site) getTies(w http.ResponseWriter, r *http.Request, which string, read func(context.Context, cruddur.UUID, cruddur.UUID, int) ([]cruddur.Person, error)) error {
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	list, err := read(r.Context(), p.UUID, before, cruddur.PageSize)
	if err != nil {
		return err
	}
	v, path := visitOf(r), string(profilePath(p.Handle))
	name := cruddur.ShownName(p.DisplayName, p.Handle)
	view := &peopleView{
		Heading: name, Back: profilePath(p.Handle), Empty: v.lang.Text("@{handle} follows nobody yet.", "handle", p.Handle),
		Tabs: []tab{{"Followers", path + "/followers", which == "followers"}, {"Following", path + "/following", which == "following"}},
	}
	view.Title = v.lang.Text("Followed by @{handle}", "handle", p.Handle)
	if which == "followers" {
		view.Title, view.Empty = v.lang.Text("Followers of @{handle}", "handle", p.Handle), v.lang.Text("Nobody follows @{handle} yet.", "handle", p.Handle)
	}
	return s.showPeople(w, r, view, path+"/"+which, list)
}

func (s *site) getLikers(w http.ResponseWriter, r *http.Request) error {
	return s.getMarkers(w, r, "likes", s.Store.Likers)
}

func (s *site) getReposters(w http.ResponseWriter, r *http.Request) error {
	return s.getMarkers(w, r, "reposts", s.Store.Reposters)
}

// getMarkers shows who likes a crud, or who has reposted it.
func (s *site) getMarkers(w http.ResponseWriter, r *http.Request, which string, read markers) error {
	a, err := s.activityAt(r)
	if err != nil {
		return err
	}
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	list, err := read(r.Context(), a.UUID, before, cruddur.PageSize, visitOf(r).now)
	if err != nil {
		return err
	}
	path := string(crudPath(a.Handle, a.UUID.String()))
	view := &peopleView{
		Heading: visitOf(r).lang.Text("A crud by @{handle}", "handle", a.Handle), Back: template.URL(path), Empty: "Nobody likes it yet.",
		Tabs: []tab{{"Liked by", path + "/likes", which == "likes"}, {"Reposted by", path + "/reposts", which == "reposts"}},
	}
	view.Title = "Liked by"
	if which == "reposts" {
		view.Title, view.Empty = "Reposted by", "Nobody has reposted it yet."
	}
	return s.showPeople(w, r, view, path+"/"+which, list)
}
