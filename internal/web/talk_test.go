package web

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cruddur"
)

func (w *world) reply(u cruddur.User, to cruddur.Activity, text string, ttl cruddur.TTL) cruddur.Activity {
	w.t.Helper()
	a, err := w.db.Reply(w.t.Context(), u.UUID, to.UUID, "", text, ttl, w.now)
	w.must(err)
	return a
}

func pathOfCrud(a cruddur.Activity) string { return string(crudPath(a.Handle, a.UUID.String())) }

// asScript sends what the script of a page sends.
func (b *browser) asScript(path string) *answer {
	b.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(""))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	r.Header.Set("Accept", "application/json")
	return b.send(r)
}

// texts returns the texts of the cruds of a page, in their order.
func (a *answer) texts(selector string) (out []string) {
	for _, s := range a.Find(selector + " .say").EachIter() {
		out = append(out, s.Text())
	}
	return out
}

func TestLikeAndRepost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, _ := w.member("noor")
	crud := w.crud(u, "hello", "1-day")
	path := pathOfCrud(crud)
	state := func(b *browser, page string) string {
		t.Helper()
		a := b.get(page).want(t, 200)
		like, repost := a.Find("button.like").First(), a.Find("button.repost").First()
		return fmt.Sprint(like.AttrOr("aria-pressed", ""), like.Find(".n").Text(), " ", repost.AttrOr("aria-pressed", ""), repost.Find(".n").Text())
	}
	for _, tt := range []struct{ verb, noor, ada string }{
		{"like", "true1 false", "false1 false"},
		{"like", "true1 false", "false1 false"},
		{"repost", "true1 true1", "false1 false1"},
		{"unlike", "false true1", "false false1"},
		{"unlike", "false true1", "false false1"},
		{"unrepost", "false false", "false false"},
	} {
		noor.post(path+"/"+tt.verb, "return_to", "/?feed=everyone").goes(t, "/?feed=everyone#crud-"+crud.UUID.String())
		for _, page := range []string{"/", "/@ada", path} {
			if got := state(noor, page); got != tt.noor {
				t.Errorf("%s, then noor sees on %s: %q, want %q", tt.verb, page, got, tt.noor)
			}
			if got := state(ada, page); got != tt.ada {
				t.Errorf("%s, then ada sees on %s: %q, want %q", tt.verb, page, got, tt.ada)
			}
		}
	}
	for to, want := range map[string]string{
		"": path, "https://evil.example": "/#crud-" + crud.UUID.String(), "//evil.example/x": "/#crud-" + crud.UUID.String(), "/@ada": "/@ada#crud-" + crud.UUID.String(),
	} {
		noor.post(path+"/like", "return_to", to).goes(t, want)
	}
	a := noor.asScript(path+"/repost").want(t, 200)
	if want := `{"liked":true,"likes":1,"reposted":true,"reposts":1}`; a.body != want || a.header.Get("Content-Type") != "application/json" || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Errorf("answer to a script = %q %v, want %q", a.body, a.header, want)
	}
	// The page's own buttons lead there, and its form leads back to the page without its message.
	a = noor.get("/?notice=posted&draft=x&feed=everyone")
	if got := a.Find("button.like").AttrOr("formaction", "") + " " + a.Find("#marks input").AttrOr("value", ""); got != path+"/unlike /?feed=everyone" {
		t.Errorf("the page's form = %q", got)
	}
	if a := w.stranger().get("/"); a.Find("button.like, #marks").Length() != 0 || a.Find(`a.like[href^="/signin?return_to="]`).Length() != 1 {
		t.Error("a stranger is not led to the sign-in page")
	}
	if href, _ := w.stranger().post(path+"/like").want(t, 401).Find("main a.button").First().Attr("href"); href != "/signin?return_to="+strings.NewReplacer("/", "%2F", "@", "%40").Replace(path) {
		t.Errorf("after signing in, a stranger who liked comes to %q", href)
	}
	lists := noor.get(path+"/likes").want(t, 200)
	if got := lists.text(".person .who"); got != "Noor @noor" {
		t.Errorf("liked by %q", got)
	}
	if got := w.stranger().get(path+"/reposts").want(t, 200).text(".person .who"); got != "Noor @noor" {
		t.Errorf("reposted by %q", got)
	}
}

// TestThread reads a conversation: what is above and what is below, each reply below what it answers, oldest first.
func TestThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	_, n := w.member("noor")
	root := w.crud(u, "root", "1-day")
	tick := func() { w.now = w.now.Add(time.Second) }
	say := func(to cruddur.Activity, text string, ttl cruddur.TTL) cruddur.Activity {
		tick()
		return w.reply(n, to, text, ttl)
	}
	a1 := say(root, "a", "")
	b1 := say(root, "b", "")
	a2 := say(a1, "a a", "")
	b2 := say(b1, "b b", "1-hour")
	say(a1, "a b", "")
	deep := a2
	for i := range 6 {
		deep = say(deep, fmt.Sprintf("deep %d", i+2), "")
	}
	a := ada.get(pathOfCrud(root)).want(t, 200)
	want := []string{"root", "a", "a a", "deep 2", "deep 3", "deep 4", "deep 5", "deep 6", "a b", "b", "b b"}
	if got := a.texts(".crud"); !slices.Equal(got, want) {
		t.Errorf("the thread = %q, want %q", got, want)
	}
	for text, class := range map[string]string{"a": "", "a a": "d1", "deep 2": "d2", "deep 3": "d3", "deep 6": "d6", "b": "", "b b": "d1"} {
		for _, s := range a.Find(".crud").EachIter() {
			if s.Find(".say").Text() == text && class != "" != s.HasClass("in") || s.Find(".say").Text() == text && class != "" && !s.HasClass(class) {
				t.Errorf("%q has the classes %q, want %q", text, s.AttrOr("class", ""), class)
			}
		}
	}
	var onward []string
	for _, s := range a.Find(".onward").EachIter() {
		onward = append(onward, s.AttrOr("class", "")+" "+s.Parent().Find(".say").Text())
	}
	if want := []string{"onward phone deep 3", "onward deep 6"}; !slices.Equal(onward, want) {
		t.Errorf("the thread goes on at %q, want %q", onward, want)
	}
	if got := a.text(".sum"); got != "11 replies. All of this ends Wed 25 Nov, 12:00 UTC." {
		t.Errorf("sum = %q", got)
	}

	a = w.stranger().get(pathOfCrud(a2)).want(t, 200)
	if got := strings.Join(a.texts(".up"), ", "); got != "root, a" {
		t.Errorf("above it: %q", got)
	}
	if got := a.Find(".alone").AttrOr("id", ""); got != "crud-"+a2.UUID.String() {
		t.Errorf("the page is about %s", got)
	}
	if got := a.text(".sum"); got != "6 replies. All of this ends Wed 25 Nov, 12:00 UTC." {
		t.Errorf("sum of a reply's page = %q", got)
	}
	if a.Find("form.compose").Length() != 0 || a.Find(`.ask a[href^="/signin"]`).Length() != 1 {
		t.Error("a stranger may reply")
	}

	// All of it ends with the crud that began it, also on the page of a reply that ends earlier.
	if got := ada.get(pathOfCrud(b2)).want(t, 200).Find(".up").Length(); got != 2 {
		t.Errorf("%d cruds above it, want 2", got)
	}
	below := w.reply(n, b2, "below it", "")
	if got := ada.get(pathOfCrud(b2)).want(t, 200).text(".sum"); got != "1 reply. All of this ends Wed 25 Nov, 12:00 UTC." {
		t.Errorf("sum = %q", got)
	}
	w.must(w.db.DeleteActivity(t.Context(), below.UUID, n.UUID, w.now))

	// A reply that has ended is in no number and no list, before any sweep.
	w.now = b2.ExpiresAt
	a = ada.get(pathOfCrud(root)).want(t, 200)
	if got := a.text(".sum b"); got != "10 replies." || slices.Contains(a.texts(".crud"), "b b") {
		t.Errorf("after the end of one: %q %q", got, a.texts(".crud"))
	}
	if got := a.Find("#crud-" + b1.UUID.String() + " .reply .n").Text(); got != "" {
		t.Errorf("its parent has %q replies", got)
	}
}

func TestThreadPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	root := w.crud(u, "root", "1-day")
	var last cruddur.Activity
	for i := range 300 {
		w.now = noon.Add(time.Duration(i) * time.Millisecond)
		last = w.reply(u, root, fmt.Sprint(i), "")
	}
	w.now = w.now.Add(time.Second)
	inside := w.reply(u, last, "inside", "")
	seen := map[string]int{}
	sizes := []int{}
	for path := pathOfCrud(root); path != ""; {
		a := w.stranger().get(path).want(t, 200)
		page := a.texts(".crud:not(.alone)")
		for _, text := range page {
			seen[text]++
		}
		sizes = append(sizes, len(page))
		if got := a.text(".sum b"); got != "301 replies." {
			t.Errorf("%s: sum = %q", path, got)
		}
		path = a.Find("a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 301 || !slices.Equal(sizes, []int{200, 101}) {
		t.Errorf("%d replies on pages of %v", len(seen), sizes)
	}
	// On a page without what it answers, a reply says whom it answers.
	a := w.stranger().get(pathOfCrud(root)+"?after="+last.UUID.String()).want(t, 200)
	if got := a.Find("#crud-"+inside.UUID.String()+" .to a").AttrOr("href", ""); got != pathOfCrud(last) {
		t.Errorf("it leads to %q, want %q", got, pathOfCrud(last))
	}
	if got := w.stranger().get(pathOfCrud(root)+"?after="+inside.UUID.String()).want(t, 200).text(".end"); !strings.HasPrefix(got, "There is nothing further.") {
		t.Errorf("beyond the end: %q", got)
	}
	w.stranger().get(pathOfCrud(root)+"?after=x").want(t, 404)
}

func TestReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	noor, _ := w.member("noor")
	root := w.crud(u, "What is <b>this</b>?", "1-day")
	path := pathOfCrud(root)
	a := noor.get(path+"/reply").want(t, 200)
	if got := a.text(".asked"); got != "@ada What is <b>this</b>?" {
		t.Errorf("it answers %q", got)
	}
	var lives []string
	for _, s := range a.Find(`input[name="ttl"]`).EachIter() {
		lives = append(lives, s.AttrOr("value", "-")+map[bool]string{true: "*"}[s.Is("[checked]")])
	}
	if want := []string{"*", "1-hour", "3-hours", "12-hours"}; !slices.Equal(lives, want) { // a day is all that is left
		t.Errorf("lives = %q, want %q", lives, want)
	}
	send := func(message, ttl string) *answer {
		return noor.post(path+"/reply", "message", message, "ttl", ttl, "draft", "d1")
	}
	newest := func() cruddur.Activity {
		t.Helper()
		thread, err := w.db.Thread(t.Context(), root.UUID, cruddur.UUID{}, w.now)
		w.must(err)
		return thread.Replies[len(thread.Replies)-1]
	}
	w.now = w.now.Add(time.Second)
	a = send("It is a crud.", "")
	one := newest()
	a.goes(t, path+"?draft=d1&notice=replied#crud-"+one.UUID.String())
	send("It is a crud.", "").goes(t, path+"?draft=d1&notice=replied#crud-"+one.UUID.String()) // sent again
	if !one.ExpiresAt.Equal(root.ExpiresAt) || one.ReplyTo != root.UUID || one.Message != "It is a crud." {
		t.Errorf("the reply is %+v", one)
	}
	other := w.crud(u, "Or this?", "1-day")
	noor.post(pathOfCrud(other)+"/reply", "message", "It is a crud.", "ttl", "", "draft", "d1").want(t, 303) // the same words for another crud
	if got, err := w.db.Activity(t.Context(), other.UUID, w.now); err != nil || got.RepliesCount != 1 {
		t.Errorf("the other crud has %d replies, %v", got.RepliesCount, err)
	}
	w.now = w.now.Add(time.Second)
	send("shorter", "1-hour").want(t, 303)
	if got := newest(); got.ExpiresAt.Sub(w.now) != time.Hour {
		t.Errorf("it lives for %v", got.ExpiresAt.Sub(w.now))
	}
	send(strings.Repeat("é", cruddur.MaxReply), "").want(t, 303)
	long := strings.Repeat("é", cruddur.MaxReply+1)
	a = send(long, "3-hours").want(t, 422)
	if a.Find("#message").Text() != long || a.Find(`input[value="3-hours"][checked]`).Length() != 1 || a.Find("#message-error").Length() != 1 {
		t.Error("a text that is too long is lost, or its life")
	}
	send("  \u200b ", "").want(t, 422)
	send("x", "forever").want(t, 422)
	if got := noor.get(path+"?draft=d1").Find("html").AttrOr("data-posted", ""); got != "d1" {
		t.Errorf("the script forgets the draft %q", got)
	}

	// Nobody loses a text because what it answers has ended, or because they are signed out.
	w.now = root.ExpiresAt
	a = send("my long answer", "").want(t, 404)
	if a.Find("#message").Text() != "my long answer" || a.Find("form.compose").AttrOr("action", "") != "/compose" {
		t.Error("the text is lost with what it answers")
	}
	w.now = noon
	a = w.stranger().post(path+"/reply", "message", "signed out").want(t, 401)
	if a.Find("#message").Text() != "signed out" || a.Find("form.compose").AttrOr("action", "") != path+"/reply" {
		t.Error("the text is lost with the session")
	}
	w.stranger().get(path+"/reply").goes(t, "/signin?return_to="+strings.NewReplacer("/", "%2F", "@", "%40").Replace(path+"/reply"))
}

func TestMoveEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	root := w.crud(u, "root", "7-days")
	along, own := w.reply(n, root, "along", ""), w.reply(n, root, "own", "1-day")
	end := func(a cruddur.Activity) time.Duration {
		t.Helper()
		got, err := w.db.Activity(t.Context(), a.UUID, w.now)
		w.must(err)
		return got.ExpiresAt.Sub(noon)
	}
	path := pathOfCrud(root)
	if got := ada.get(path+"/end").want(t, 200).text(".lead"); !strings.Contains(got, "2 replies hang on it") {
		t.Errorf("it says %q", got)
	}
	choices := func(b *browser, a cruddur.Activity) (out []string) {
		t.Helper()
		for _, s := range b.get(pathOfCrud(a)+"/end").want(t, 200).Find(`[name="ttl"] option`).EachIter() {
			out = append(out, s.AttrOr("value", "-"))
		}
		return out
	}
	if got := strings.Join(choices(noor, own), " "); got != " 1-hour 3-hours 12-hours 1-day 3-days 7-days" {
		t.Errorf("a reply may live %q", got)
	}
	if got := strings.Join(choices(ada, root), " "); got != "1-hour 3-hours 12-hours 1-day 3-days 7-days 30-days" {
		t.Errorf("a crud may live %q", got)
	}
	ada.post(path+"/end", "ttl", "3-hours").goes(t, path+"?notice=moved")
	for _, a := range []cruddur.Activity{root, along, own} {
		if got := end(a); got != 3*time.Hour {
			t.Errorf("%s ends after %v, want 3h", a.Message, got)
		}
	}
	ada.post(path+"/end", "ttl", "30-days").want(t, 303)
	if end(root) != cruddur.MaxLife || end(along) != cruddur.MaxLife || end(own) != 3*time.Hour {
		t.Errorf("they end after %v %v %v", end(root), end(along), end(own))
	}
	for _, ttl := range []string{"", "forever"} {
		ada.post(path+"/end", "ttl", ttl).want(t, 422)
	}
	ada.post(path+"/end").want(t, 422)
	noor.post(path+"/end", "ttl", "1-hour").want(t, 403)
	noor.get(path+"/end").want(t, 403)
	if end(root) != cruddur.MaxLife {
		t.Error("a refused form has moved the end")
	}
	noor.post(pathOfCrud(own)+"/end", "ttl", "").goes(t, pathOfCrud(own)+"?notice=moved")
	if end(own) != cruddur.MaxLife {
		t.Errorf("with the thread again, it ends after %v", end(own))
	}
	noor.post(pathOfCrud(own)+"/end").want(t, 422)
}
