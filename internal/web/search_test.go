package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
)

// says returns the texts of the cruds on a page.
func (a *answer) says() (out []string) {
	a.Find(".crud .say").Each(func(_ int, s *goquery.Selection) { out = append(out, s.Text()) })
	return out
}

func TestTagPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ada := w.member("ada")
	w.crud(ada, "one #Café", "1-hour")
	w.now = w.now.Add(time.Second)
	w.crud(ada, "two #CAFÉ", "1-day")
	a := w.stranger().get("/tags/caf%C3%A9").want(t, http.StatusOK)
	if got := a.says(); !slices.Equal(got, []string{"two #CAFÉ", "one #Café"}) || a.text("h1 bdi") != "#café" {
		t.Errorf("%q, heading %q", got, a.text("h1 bdi"))
	}
	if href, _ := a.Find(".say a.tag").Attr("href"); href != "/tags/caf%C3%A9" {
		t.Errorf("the tag links to %q", href)
	}
	if a.header.Get("X-Robots-Tag") == "" {
		t.Error("a search engine may keep the page")
	}
	for _, path := range []string{"/tags/CAF%C3%89", "/tags/%23cafe%CC%81", "/tags/%EF%BD%83%EF%BD%81%EF%BD%86%C3%A9"} {
		a := w.stranger().get(path).want(t, http.StatusPermanentRedirect)
		if got := a.header.Get("Location"); got != "/tags/caf%C3%A9" {
			t.Errorf("%s leads to %q", path, got)
		}
	}
	for _, path := range []string{"/tags/1984", "/tags/a%20b", "/tags/a%2Fb", "/tags/" + strings.Repeat("a", 65), "/tags/%FF", "/tags/", "/tags/a/b", "/tags"} {
		w.stranger().get(path).want(t, http.StatusNotFound)
	}
	w.stranger().get("/tags/a?before=x").want(t, http.StatusNotFound)
	if a := w.stranger().do("POST", "/tags/go", nil).want(t, http.StatusMethodNotAllowed); a.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	if got := w.site.returnTo("/tags/go?before=x"); got != "/tags/go?before=x" {
		t.Errorf("a form leads back to %q", got)
	}
	w.now = w.now.Add(time.Hour)
	if got := w.stranger().get("/tags/caf%C3%A9").says(); len(got) != 1 {
		t.Errorf("an hour later: %q", got)
	}
	// A tag with the name of a page of a member is a tag.
	for _, tag := range []string{"likes", "followers", "status", "search"} {
		w.stranger().get("/tags/"+tag).want(t, http.StatusOK)
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ada := w.member("ada")
	_, fox := w.member("foxy")
	w.crud(ada, "The quick brown fox #foxes", "1-hour")
	w.crud(fox, "港の猫", "1-day")
	a := w.stranger().get("/search?q=fox").want(t, http.StatusOK)
	if got := a.says(); len(got) != 1 || a.text(".found .trends a") != "#foxes" || a.text(".people .who b") != "Foxy" {
		t.Errorf("cruds %q, tags %q, members %q", got, a.text(".found .trends a"), a.text(".people .who b"))
	}
	if value, _ := a.Find("main input[type=search]").Attr("value"); value != "fox" {
		t.Errorf("the field holds %q", value)
	}
	if got := w.stranger().get("/search?q=" + url.QueryEscape("猫")).says(); !slices.Equal(got, []string{"港の猫"}) {
		t.Errorf("found %q", got)
	}
	a = w.stranger().get("/search?q=zebra").want(t, http.StatusOK)
	if !strings.Contains(a.text(".empty"), "What has ended cannot be found.") {
		t.Errorf("nothing found says %q", a.text(".empty"))
	}
	for _, path := range []string{"/search", "/search?q=", "/search?q=+%E2%80%8B"} {
		if a := w.stranger().get(path).want(t, http.StatusOK); a.Find(".empty, .error").Length() != 0 {
			t.Errorf("%s shows %q", path, a.text("main"))
		}
	}
	long := strings.Repeat("a", cruddur.MaxSearch+1)
	a = w.stranger().get("/search?q="+long).want(t, http.StatusUnprocessableEntity)
	if value, _ := a.Find("main input").Attr("value"); value != long || a.text("#q-error") != "That is longer than "+strconv.Itoa(cruddur.MaxSearch)+" characters." {
		t.Errorf("the field holds %d characters; %q", len(value), a.text("#q-error"))
	}
	w.stranger().get("/search?q=%22%3E%3Cscript%3E+%27%26%7C").want(t, http.StatusOK)
	w.stranger().get("/search?q=fox&before=x").want(t, http.StatusNotFound)
	w.now = w.now.Add(time.Hour)
	if a := w.stranger().get("/search?q=fox"); len(a.says()) != 0 || a.Find(".found .trends").Length() != 0 {
		t.Errorf("an hour later: %q", a.text("main"))
	}
}

// The pages lead on to the last crud.
func TestFoundPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ada := w.member("ada")
	for range 45 {
		w.now = w.now.Add(time.Second)
		w.crud(ada, "a fox & a #tag", "1-day")
	}
	for _, path := range []string{"/search?q=fox+%26+a", "/tags/tag"} {
		seen := 0
		for path != "" {
			a := w.stranger().get(path).want(t, http.StatusOK)
			seen += len(a.says())
			path, _ = a.Find("a[rel=next]").Attr("href")
		}
		if seen != 45 {
			t.Errorf("%d cruds, want 45", seen)
		}
	}
}

func TestTrendsInThePanel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "bob", "cyd"} {
		_, u := w.member(handle)
		w.crud(u, "#Café", "1-hour")
	}
	for _, path := range []string{"/", "/@ada", "/tags/caf%C3%A9", "/search"} {
		a := w.stranger().get(path).want(t, http.StatusOK)
		if got := a.text(".side .trends"); got != "#café 3 people" {
			t.Errorf("%s: %q", path, got)
		}
	}
	if a := w.stranger().get("/nothing"); a.Find(".side .trends").Length() != 0 {
		t.Error("the page of what is gone differs by time")
	}
	w.now = w.now.Add(time.Hour)
	if a := w.stranger().get("/"); a.Find(".side .trends").Length() != 0 {
		t.Errorf("an hour later: %q", a.text(".side .trends"))
	}
}
