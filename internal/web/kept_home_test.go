package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/kept"
)

// draftIDs matches what each page has of its own.
var draftIDs = regexp.MustCompile(`name="draft" value="[a-z0-9]+"`)

// source returns the bytes of a page, without the id of its form.
func (b *browser) source(t *testing.T, path string, header ...string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Errorf("%s: %d, %v", path, w.Code, err)
	}
	return draftIDs.ReplaceAllString(string(body), `name="draft"`)
}

// crowd is a world with a kept list and viewers of every kind.
func crowd(t *testing.T) (w *world, viewers map[string]*browser, list []cruddur.Activity) {
	w = newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	kofi, _ := w.member("kofi")
	first := w.crud(u, "by ada, </title> <!--rail--><!--box--><!--feed--> data-now=\"1\"", "7-days")
	w.now = w.now.Add(1500 * time.Millisecond)
	w.crud(n, "by noor", "1-hour")
	for i := range 7 {
		w.now = w.now.Add(time.Second)
		w.crud(n, fmt.Sprintf("crud %d", i), "7-days")
	}
	var err error
	list, err = w.db.Home(t.Context(), cruddur.UUID{}, cruddur.PageSize, w.now)
	w.must(err)
	w.site.Feed = fixed(list)
	noor.post(pathOfCrud(first)+"/like", "return_to", "/")
	noor.post("/@ada/follow")
	dark, french := w.stranger(), w.stranger()
	dark.cookies[themeCookie], french.cookies[w.site.cookieName(languageCookie)] = "dark", "fr"
	operator, o := w.member("olga")
	w.must(w.db.SetRole(t.Context(), o.UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine, Target: "@olga"}, w.now))
	operator.cookies[themeCookie] = "light"
	viewers = map[string]*browser{"ada": ada, "noor": noor, "kofi": kofi, "olga": operator, "stranger": w.stranger(), "dark": dark, "french": french}
	return w, viewers, list
}

// A page from kept pieces has the very bytes of one that is rendered alone, for viewers of every kind, and the same
// headers.
func TestKeptHome(t *testing.T) {
	t.Parallel()
	w, viewers, _ := crowd(t)
	alone := map[string]string{}
	all := w.site.kept
	w.site.kept = nil
	for name, b := range viewers {
		alone[name] = b.source(t, "/")
	}
	w.site.kept = all
	for range 2 {
		for name, b := range viewers {
			if got := b.source(t, "/"); got != alone[name] {
				t.Errorf("%s gets\n%s\nwant\n%s", name, got, alone[name])
			}
		}
	}
	for _, pair := range [][2]string{{"noor", "kofi"}, {"ada", "kofi"}, {"stranger", "kofi"}, {"dark", "stranger"}, {"french", "stranger"}, {"olga", "kofi"}} {
		if alone[pair[0]] == alone[pair[1]] {
			t.Errorf("the pages of %v do not differ, so this shows nothing", pair)
		}
	}
	checkNoSecret(t, viewers["noor"])
	k := &w.site.kept[0]
	if len(k.sketches) != 4 || len(k.cards[0]) < 2 || len(k.cards[1]) < 3 {
		t.Errorf("kept: %d sketches, %d and %d kinds of cards", len(k.sketches), len(k.cards[0]), len(k.cards[1]))
	}
	for _, path := range []string{"/?notice=posted&draft=abc", "/?notice=deleted", "/?feed=everyone", "/?x=1"} {
		got := viewers["kofi"].source(t, path)
		w.site.kept = nil
		if want := viewers["kofi"].source(t, path); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
		}
		w.site.kept = all
	}
}

// zipped is a client that accepts gzip.
type zipped struct {
	*httptest.ResponseRecorder
	body []byte
}

func (z *zipped) WriteKept(_ int, b *kept.Body) { z.body = b.AppendGzip(nil) }

// checkNoSecret checks that a compressed page neither holds its session nor compresses the one random value that it has.
func checkNoSecret(t *testing.T, b *browser) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "cruddur", Value: b.cookies["cruddur"]})
	z := &zipped{ResponseRecorder: httptest.NewRecorder()}
	b.handler.ServeHTTP(z, r)
	in, err := gzip.NewReader(bytes.NewReader(z.body))
	if err != nil {
		t.Fatalf("the page is not kept: %v", err)
	}
	page, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	draft := regexp.MustCompile(`name="draft" value="([a-z0-9]+)"`).FindSubmatch(page)
	if draft == nil || !bytes.Contains(z.body, draft[1]) {
		t.Error("the id of the form is compressed")
	}
	if bytes.Contains(page, []byte(b.cookies["cruddur"])) {
		t.Error("the session is in the page")
	}
}

// Kept cards are as old as they are, and leave out what has ended in that very second.
func TestKeptHomeEnds(t *testing.T) {
	t.Parallel()
	w, viewers, list := crowd(t)
	kofi, stranger := viewers["kofi"], viewers["stranger"]
	end := list[len(list)-2].ExpiresAt
	kofi.get("/")
	w.now = w.now.Add(time.Minute)
	for name, b := range map[string]*browser{"kofi": kofi, "stranger": stranger} {
		if got := b.get("/").text(".feed"); !strings.Contains(got, "1m ago") {
			t.Errorf("%s, a minute later: %q", name, got)
		}
	}
	w.now = end.Add(-200 * time.Millisecond)
	for _, b := range []*browser{kofi, stranger} {
		if got := b.source(t, "/"); strings.Count(got, "by noor") < 2 { // in the list and in the side panel
			t.Errorf("before the end: %s", got)
		}
	}
	w.now = end // in the same second
	for _, b := range []*browser{kofi, stranger} {
		if got := b.source(t, "/"); strings.Contains(got, "by noor") || !strings.Contains(got, "by ada") {
			t.Errorf("at the end: %s", got)
		}
	}
	list = slices.Clone(list)[1:] // the newest is deleted
	w.site.Feed = fixed(list)
	if got := kofi.source(t, "/"); strings.Contains(got, "crud 6") {
		t.Errorf("after a delete: %s", got)
	}
}

// Many members at once get their own bytes, while the second passes and the list changes. Run it with -race.
func TestKeptHomeAtOnce(t *testing.T) {
	t.Parallel()
	w, _, list := crowd(t)
	const members = 24
	browsers := make([]*browser, members)
	for i := range browsers {
		handle := fmt.Sprintf("member%d", i)
		u, err := w.db.UpsertUser(t.Context(), cruddur.User{Handle: handle, DisplayName: "The " + handle + ".", Email: handle + "@example.com", Subject: "test:" + handle}, w.now)
		w.must(err)
		browsers[i] = w.stranger()
		browsers[i].cookies["cruddur"], err = w.site.Sessions.Begin(t.Context(), u.Subject, identity.Browser{}, w.now)
		w.must(err)
		_, err = w.db.Like(t.Context(), u.UUID, list[i%len(list)].UUID, true, w.now)
		w.must(err)
	}
	var clock sync.Mutex
	now := w.now
	w.site.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		now = now.Add(70 * time.Millisecond)
		return now
	}
	var wg sync.WaitGroup
	for i, b := range browsers {
		wg.Go(func() {
			for range 6 {
				html := b.source(t, "/")
				if !strings.Contains(html, fmt.Sprintf("The member%d.", i)) || strings.Count(html, "The member") != 1 {
					t.Errorf("member%d does not get their own page", i)
				}
				liked := fmt.Sprintf(`%s/unlike" aria-pressed="true"`, list[i%len(list)].UUID)
				if strings.Count(html, `/unlike"`) != 1 || !strings.Contains(html, liked) {
					t.Errorf("member%d does not get their own marks", i)
				}
			}
		})
	}
	wg.Wait()
}

// The members' pieces are bounded in number, and the one that is used stays.
func TestKeptOwn(t *testing.T) {
	t.Parallel()
	var k keptOwn
	drawn := 0
	get := func(key int) string {
		list, err := k.of(key, func() ([][]byte, error) {
			drawn++
			return [][]byte{fmt.Append(nil, key)}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(list[0].Bytes())
	}
	for i := range 3 * mostOwn {
		if got := get(i); got != fmt.Sprint(i) {
			t.Fatalf("%d got %s", i, got)
		}
		get(7)
	}
	if len(k.new)+len(k.older) > 2*mostOwn || drawn != 3*mostOwn {
		t.Errorf("%d are kept, %d were drawn; want at most %d and %d", len(k.new)+len(k.older), drawn, 2*mostOwn, 3*mostOwn)
	}
}
