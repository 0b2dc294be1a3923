package web

import (
	"html/template"
	"net/http"
	"net/url"
	"time"

	"cruddur"
)

// homeView is the home page: the feed of everybody's cruds, or of those whom the member follows.
type homeView struct {
	page
	Compose  *composeBox   // nil for a stranger
	Box      template.HTML // the same, rendered already
	Tabs     []tab         // for a member
	Cruds    template.HTML
	Count    int
	Older    string    // address of the next page, or ""
	Newest   bool      // whether this is the first page
	Follows  bool      // the feed of those whom the member follows
	Newcomer bool      // that feed was asked for, and the member follows nobody yet
	People   []*person // whom a newcomer may follow
}

func (*homeView) template() string { return "home" }

func (s *site) getHome(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	view := &homeView{page: page{Title: "Home", Here: "home", NoIndex: true}, Newest: before.IsZero()}
	list, err := s.homeFeed(w, r, view, before)
	if err != nil {
		return err
	}
	v := visitOf(r)
	switch {
	case view.Newest && view.Follows:
		view.Shows = "following"
	case view.Newest:
		view.Shows = "home"
	}
	if v.viewer != nil && view.Newest {
		view.Posted = draftID(r.URL.Query().Get("draft"))
	}
	if view.Newest && !view.Follows && !view.Newcomer && view.Posted == "" {
		if done, err := s.answerKept(w, r, view, list); done || err != nil {
			return err
		}
	}
	view.Soonest = s.soonestOf(list, v)
	if view.Cruds, view.Count, err = s.renderCards(r, &view.page, list); err != nil {
		return err
	}
	if v.viewer != nil && view.Newest {
		view.Compose = composeBoxOf(v, nil)
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// homeFeed reads the feed that the member has chosen. Who follows nobody sees everybody, with suggestions.
func (s *site) homeFeed(w http.ResponseWriter, r *http.Request, view *homeView, before cruddur.UUID) ([]cruddur.Activity, error) {
	v := visitOf(r)
	follows := s.feedOf(w, r) == "following"
	if v.viewer != nil {
		view.Tabs = []tab{{"Everyone", "/?feed=everyone", !follows}, {"Following", "/?feed=following", follows}}
	}
	if follows && view.Newest {
		if err := s.suggest(r, &view.page); err != nil {
			return nil, err
		}
		one, err := s.Store.Following(r.Context(), v.viewer.UUID, cruddur.UUID{}, 1)
		if err != nil {
			return nil, err
		}
		if view.Newcomer = len(one) == 0; view.Newcomer { // nothing stands twice
			view.People, view.Suggested = view.Suggested, nil
		}
	}
	if !follows || view.Newcomer {
		list, err := s.Feed.Home(r.Context(), before, cruddur.PageSize, v.now)
		query := url.Values{}
		if v.viewer != nil {
			query.Set("feed", "everyone")
		}
		view.Older = older("/", list, query)
		return list, err
	}
	view.Follows = true
	since, err := cruddur.UUIDAfter(v.now), error(nil)
	if text := r.URL.Query().Get("since"); text != "" {
		if since, err = cruddur.ParseUUID(text); err != nil {
			return nil, err
		}
	}
	list, err := s.Store.FollowingFeed(r.Context(), v.viewer.UUID, before, since, cruddur.PageSize, v.now)
	view.Older = older("/", list, url.Values{"feed": {"following"}, "since": {since.String()}})
	return list, err
}

// feedCookie remembers which feed a member reads.
const (
	feedCookie = "cruddur-feed"
	feedLife   = 365 * 24 * time.Hour
)

// feedOf returns the feed that the address names, or the one that was chosen last. The choice of the first page is
// remembered.
func (s *site) feedOf(w http.ResponseWriter, r *http.Request) string {
	if visitOf(r).viewer == nil {
		return "everyone"
	}
	kept := s.cookie(r, feedCookie)
	q := r.URL.Query()
	switch feed := q.Get("feed"); feed {
	case "everyone", "following":
		if feed != kept && !q.Has("before") && !prefetched(r) && !fetched(r) {
			s.setCookie(w, feedCookie, feed, feedLife)
		}
		return feed
	}
	return kept
}

// fetched reports whether a page's script reads a page, to take from it what is new.
func fetched(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return mode != "" && mode != "navigate"
}

// beforeOf returns the cursor of a page; an invalid one is KindNotFound.
func beforeOf(r *http.Request) (cruddur.UUID, error) {
	text := r.URL.Query().Get("before")
	if text == "" {
		return cruddur.UUID{}, nil
	}
	return cruddur.ParseUUID(text)
}

// older returns the address of the page after a full one, with what else its query holds.
func older(path string, list []cruddur.Activity, query url.Values) string {
	if len(list) < cruddur.PageSize {
		return ""
	}
	if query == nil {
		query = url.Values{}
	}
	query.Set("before", list[len(list)-1].Cursor().String())
	return path + "?" + query.Encode()
}
