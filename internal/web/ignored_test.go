package web

import (
	"strings"
	"testing"
	"time"
)

// A member mutes and blocks another by the menu of a crud, and undoes it on the profile and in the settings.
func TestMuteAndBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.member("ada")
	noor, n := w.member("noor")
	crud := w.crud(n, "by noor", "7-days")
	if got := ada.get("/").want(t, 200).Find(`.crud .more a[href="/@noor/mute"]`).Text(); got != "Mute or block @noor" {
		t.Errorf("the menu offers %q", got)
	}
	a := ada.get("/@noor/mute").want(t, 200)
	if a.Find(`form[action="/@noor/mute"] option`).Length() != 8 || a.Find(`.ways a[href="/@noor/block"]`).Length() != 1 {
		t.Errorf("the form to mute = %s", a.text("main"))
	}
	ada.post("/@noor/mute", "ttl", "1-year").want(t, 422)
	ada.post("/@noor/mute", "ttl", "1-hour").goes(t, "/@noor?notice=muted")
	if got := ada.get("/").text("main"); strings.Contains(got, "by noor") {
		t.Errorf("home = %q", got)
	}
	a = ada.get("/@noor").want(t, 200)
	if !strings.Contains(a.text(".feed"), "by noor") || a.text("header .pill") != "muted" || a.Find(`button[formaction="/@noor/unmute"]`).Length() != 1 {
		t.Errorf("the page of a muted member = %q", a.text("main"))
	}
	if got := ada.get("/settings/muted").want(t, 200).text(".person"); !strings.Contains(got, "@noor until Tue 24 Nov, 13:00 UTC") {
		t.Errorf("the list of the muted = %q", got)
	}
	ada.post("/@noor/unmute", "return_to", "/settings/muted").goes(t, "/settings/muted")
	if got := ada.get("/").text(".feed"); !strings.Contains(got, "by noor") {
		t.Errorf("home after the mute = %q", got)
	}

	ada.get("/@noor/block").want(t, 200)
	ada.post("/@noor/block").goes(t, "/@noor?notice=blocked")
	a = ada.get("/@noor").want(t, 200)
	if got := a.text("main"); strings.Contains(got, "by noor") || !strings.Contains(got, "You have blocked @noor.") || a.Find(`button[formaction="/@noor/unblock"]`).Length() != 1 {
		t.Errorf("the page of a blocked member = %q", got)
	}
	for _, path := range []string{"/@ada", "/@ada/followers", "/@ada/mute"} {
		noor.get(path).want(t, 404)
	}
	ada.get(pathOfCrud(crud)).want(t, 404)
	ada.post(pathOfCrud(crud)+"/like").want(t, 404)
	ada.post(pathOfCrud(crud)+"/reply", "message", "an answer").want(t, 404)
	ada.post("/@noor/follow").want(t, 404)
	if got := ada.get("/settings/blocked").want(t, 200).text(".person"); !strings.Contains(got, "@noor") {
		t.Errorf("the list of the blocked = %q", got)
	}
	ada.post("/@noor/unblock").goes(t, "/@noor")
	ada.get(pathOfCrud(crud)).want(t, 200)

	ada.get("/@ada/mute").want(t, 404)
	ada.post("/@ada/mute").want(t, 422)
	ada.post("/@ada/block").want(t, 422)
	w.stranger().get("/@noor/mute").goes(t, "/signin?return_to=%2F%40noor%2Fmute")
	w.stranger().post("/@noor/block").want(t, 401)
	for _, path := range []string{"/settings/muted", "/settings/blocked"} {
		if got := ada.get(path).want(t, 200).text(".empty"); !strings.HasPrefix(got, "You ") {
			t.Errorf("%s = %q", path, got)
		}
		w.stranger().get(path).goes(t, "/signin?return_to="+strings.ReplaceAll(path, "/", "%2F"))
	}
	w.now = w.now.Add(time.Minute)
}

// The settings offer everything in a ZIP file, to the member alone.
func TestExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	w.crud(u, "by ada", "7-days")
	link := ada.get("/settings").want(t, 200).Find(`a[href="/settings/export.zip"][download]`)
	if link.Length() != 1 {
		t.Error("the settings do not offer it")
	}
	a := ada.get("/settings/export.zip").want(t, 200)
	if !strings.HasPrefix(a.body, "PK") || a.header.Get("Content-Disposition") != `attachment; filename="cruddur-ada.zip"` || a.header.Get("Content-Type") != "application/zip" {
		t.Errorf("the archive = %.20q with %v", a.body, a.header)
	}
	w.stranger().get("/settings/export.zip").goes(t, "/signin?return_to=%2Fsettings%2Fexport.zip")
	for range 4 {
		ada.get("/settings/export.zip").want(t, 200)
	}
	ada.get("/settings/export.zip").want(t, 429)
}
