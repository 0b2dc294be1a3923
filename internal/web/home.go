package web

import (
	"html/template"
	"net/http"

	"cruddur"
)

// homeView is the home page: the feed of everybody's cruds.
type homeView struct {
	page
	Compose *composeBox // nil for a stranger
	Cruds   template.HTML
	Count   int
	Older   string // address of the next page, or ""
	Newest  bool   // whether this is the first page
}

func (*homeView) template() string { return "home" }

func (s *site) getHome(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	list, err := s.Feed.Home(r.Context(), before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view := &homeView{page: page{Title: "Home", Here: "home", NoIndex: true, Soonest: s.soonestOf(list, v.now)}, Newest: before.IsZero()}
	view.Cruds, view.Count = s.renderCards(r, &view.page, list)
	view.Older = older("/", list)
	if v.viewer != nil && view.Newest {
		view.Compose = composeBoxOf(v.viewer, nil)
		view.Posted = draftID(r.URL.Query().Get("draft"))
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// beforeOf returns the cursor of a page; an invalid one is KindNotFound.
func beforeOf(r *http.Request) (cruddur.UUID, error) {
	text := r.URL.Query().Get("before")
	if text == "" {
		return cruddur.UUID{}, nil
	}
	return cruddur.ParseUUID(text)
}

// older returns the address of the page after a full one.
func older(path string, list []cruddur.Activity) string {
	if len(list) < cruddur.PageSize {
		return ""
	}
	return path + "?before=" + list[len(list)-1].UUID.String()
}
