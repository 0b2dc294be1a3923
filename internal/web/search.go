package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"cruddur"
	"cruddur/internal/lang"
	"cruddur/internal/request"
)

// tagView is the page of a hashtag.
type tagView struct {
	page
	Tag    string
	Cruds  template.HTML
	Older  string
	Newest bool
	Path   template.URL
}

func (*tagView) template() string { return "tag" }

// searchView is the page of the search, with what was found.
type searchView struct {
	page
	Term    string
	Error   string
	Done    bool // something was searched for
	Members []*person
	Tags    []trendLine
	Cruds   template.HTML
	Older   string
	Newest  bool
}

func (*searchView) template() string { return "search" }

// Nothing reports whether a search has found nothing.
func (v *searchView) Nothing() bool { return len(v.Members) == 0 && len(v.Tags) == 0 && v.Cruds == "" }

// trendLine is a tag with the number of members who use it.
type trendLine struct {
	Path   template.URL
	Tag    string
	People string
}

func tagPath(tag string) template.URL { return template.URL(tagsPath + url.PathEscape(tag)) }

func trendLines(l *lang.Language, list []cruddur.Trend) []trendLine {
	var out []trendLine
	for _, t := range list {
		out = append(out, trendLine{tagPath(t.Tag), t.Tag, l.Count("{n} people", t.Authors)})
	}
	return out
}

// tagAt returns the tag that the address names, before a suffix. One tag has one address: other spellings are sent
// there, and the answer is "".
func tagAt(w http.ResponseWriter, r *http.Request, suffix string) (string, error) {
	tag, err := cruddur.CheckTag(r.PathValue("tag"))
	if err != nil || tag == r.PathValue("tag") {
		return tag, err
	}
	u := url.URL{Path: tagsPath + tag + suffix, RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, u.String(), http.StatusPermanentRedirect)
	return "", nil
}

func (s *site) getTag(w http.ResponseWriter, r *http.Request) error {
	tag, err := tagAt(w, r, "")
	if tag == "" || err != nil {
		return err
	}
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	list, err := s.Store.Tagged(r.Context(), tag, before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view := &tagView{page: page{Title: "#" + tag, NoIndex: true}, Tag: tag, Newest: before.IsZero(), Path: tagPath(tag)}
	view.Feed, view.Soonest = string(view.Path)+feedFile, s.soonestOf(list, v)
	if view.Cruds, _, err = s.renderCards(r, &view.page, list); err != nil {
		return err
	}
	view.Older = olderFound(string(view.Path), list, url.Values{})
	s.render(w, r, http.StatusOK, view)
	return nil
}

func (s *site) getSearch(w http.ResponseWriter, r *http.Request) error {
	view := &searchView{page: page{Title: "Search", Here: "search", NoIndex: true}}
	term, err := cruddur.ParseSearch(r.URL.Query().Get("q"))
	if cruddur.KindOf(err) == cruddur.KindInvalid {
		status := http.StatusOK
		if code := cruddur.CodesOf(err)[0]; code != "search_term_blank" {
			status, view.Error, view.Term = http.StatusUnprocessableEntity, sentenceOf(code).in(visitOf(r).lang), r.URL.Query().Get("q")
		}
		s.render(w, r, status, view)
		return nil
	}
	before, before404 := beforeOf(r)
	if err := errors.Join(err, before404); err != nil {
		return err
	}
	view.Title, view.Term, view.Done, view.Newest = visitOf(r).lang.Text("{term} · Search", "term", term.Term), term.Term, true, before.IsZero()
	if err := s.find(r, view, term, before); err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// find fills a page with what a search finds. Only the first page has members and tags.
func (s *site) find(r *http.Request, view *searchView, term cruddur.Search, before cruddur.UUID) error {
	v := visitOf(r)
	list, err := s.Store.Search(r.Context(), term, before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	if view.Newest {
		members, err := s.Store.SearchMembers(r.Context(), term)
		if err != nil {
			return err
		}
		if view.Members, err = s.peopleOf(r, members); err != nil {
			return err
		}
		if v.viewer != nil {
			view.Return = here(r)
		}
		tags, err := s.Store.SearchTags(r.Context(), term, v.now)
		if err != nil {
			return err
		}
		view.Tags = trendLines(v.lang, tags)
	}
	if view.Cruds, _, err = s.renderCards(r, &view.page, list); err != nil {
		return err
	}
	view.Older = olderFound("/search", list, url.Values{"q": {term.Term}})
	return nil
}

// olderFound returns the address of the page after a full one.
func olderFound(path string, list []cruddur.Activity, query url.Values) string {
	if len(list) < cruddur.PageSize {
		return ""
	}
	query.Set("before", list[len(list)-1].UUID.String())
	return path + "?" + query.Encode()
}

const (
	shownTrends = 5
	trendsWait  = 500 * time.Millisecond // a page does not wait longer for the side panel
)

// trendsFor returns the trends of the side panel.
func (s *site) trendsFor(r *http.Request) []cruddur.Trend {
	if s.Trends == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), trendsWait)
	defer cancel()
	list, err := s.Trends.Trends(ctx, shownTrends, visitOf(r).now)
	if err != nil {
		s.Log.WarnContext(r.Context(), "cannot read the trends", "request", request.ID(r.Context()), "error", err)
		return nil // the page works without the panel
	}
	return list
}
