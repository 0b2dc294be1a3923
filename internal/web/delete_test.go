package web

import (
	"slices"
	"strings"
	"testing"
)

// What is deleted says first what goes along; a deleted reply leads back to what it answered.
func TestDeleteSaysWhatGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	root := w.crud(u, "root", "7-days")
	first := w.reply(n, root, "first", "")
	w.reply(u, first, "second", "")
	for path, want := range map[string]string{pathOfCrud(root): " 2 replies go with it.", pathOfCrud(first): " 1 reply goes with it."} {
		b := ada
		if strings.HasPrefix(path, "/@noor") {
			b = noor
		}
		if got := b.get(path+"/delete").want(t, 200).text(".lead"); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	noor.post(pathOfCrud(first)+"/delete").goes(t, pathOfCrud(root)+"?notice=deleted")
	if got := ada.get(pathOfCrud(root)).want(t, 200).Find(".sum").Length(); got != 0 {
		t.Error("the thread still has replies")
	}
	if got := ada.get(pathOfCrud(root) + "/delete").text(".lead"); strings.Contains(got, "repl") {
		t.Errorf("without replies it says %q", got)
	}
}

func TestExpireEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, u := w.member("ada")
	noor, n := w.member("noor")
	root, other := w.crud(u, "root", "7-days"), w.crud(n, "other", "7-days")
	w.reply(n, root, "gone with it", "")
	w.reply(u, other, "hers", "")
	if got := ada.get("/settings/expire").want(t, 200).text(".lead"); !strings.HasPrefix(got, "Of yours, 1 crud and 1 reply would be deleted") || !strings.Contains(got, "1 reply of somebody else") {
		t.Errorf("it says %q", got)
	}
	for _, wrong := range []string{"", "noor", "ada ada"} {
		a := ada.post("/settings/expire", "confirm", wrong).want(t, 422)
		if a.Find("#e-confirm").Text() == "" {
			t.Errorf("%q: no error", wrong)
		}
	}
	ada.get(pathOfCrud(root)).want(t, 200)
	for range 2 { // again, it does nothing
		ada.post("/settings/expire", "confirm", " @ADA ").goes(t, "/settings?notice=everything")
	}
	ada.get(pathOfCrud(root)).want(t, 404)
	if got := noor.get("/").texts(".crud"); !slices.Equal(got, []string{"other"}) {
		t.Errorf("what is left: %q", got)
	}
	if got := noor.get(pathOfCrud(other)).Find(".sum").Length(); got != 0 {
		t.Error("her reply is left")
	}
	if got := ada.get("/settings/expire").text(".lead"); !strings.HasPrefix(got, "Nothing that you have written is alive") {
		t.Errorf("after it: %q", got)
	}
}
