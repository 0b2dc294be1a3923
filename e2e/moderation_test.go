package e2e

import (
	"image/color"
	"os"
	"testing"
	"time"

	"cruddur"
)

// cases lets members report a crud with pictures, a private message and a member to mika, who is an operator.
func (w *world) cases(t testing.TB) []place {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	must(w.db.SetRole(t.Context(), w.users["mika"].UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine, Target: "@mika", Note: "looks after us"}, now))
	var pictures []cruddur.UUID
	for i, alt := range []string{"A hill that is for sale", ""} {
		f, err := os.Open(landscape(t, 600+200*i, 500, color.RGBA{R: uint8(200 - 90*i), G: 60, B: 90, A: 255}))
		must(err)
		p, err := w.pictures.Upload(t.Context(), f, w.users["tomas"].UUID, cruddur.CrudPicture, alt, now)
		must(err)
		must(f.Close())
		pictures = append(pictures, p.UUID)
	}
	bad, err := w.db.CreateWith(t.Context(), w.users["tomas"].UUID, cruddur.Draft{
		Message: "Buy my hill. It is the best hill, everybody says so: https://hills.example/buy/today/and/get/another/one/for/free", Warning: "a hill", TTL: "1-day", Pictures: pictures,
	}, now)
	must(err)
	copies, err := w.pictures.Copies(t.Context(), bad.Pictures)
	must(err)
	whispered := w.whisper(t, "tomas", "kofi", "You will buy my hill, or else.", 4*time.Minute)
	report := func(by string, kind cruddur.TargetKind, target cruddur.UUID, reason cruddur.Reason, words string, age time.Duration) {
		_, err := w.db.Report(t.Context(), cruddur.NewReport{Reporter: w.users[by].UUID, Kind: kind, Target: target, Reason: reason, Words: words, Copies: copies}, now.Add(-age))
		must(err)
	}
	report("juno", cruddur.MemberTarget, w.users["tomas"].UUID, cruddur.OtherReason, "", 3*time.Minute)
	report("kofi", cruddur.MessageTarget, whispered.UUID, cruddur.Abuse, "He has sent this to all of us.", 2*time.Minute)
	report("wren", cruddur.ActivityTarget, bad.UUID, cruddur.Spam, "It is the tenth today.\nAnd there is no hill.", 0)
	report("juno", cruddur.ActivityTarget, bad.UUID, cruddur.Illegal, "", 0)
	tomas, err := w.db.FindMember(t.Context(), "tomas", now)
	must(err)
	mika := cruddur.Moderator{UUID: w.users["mika"].UUID, Handle: "mika", Role: cruddur.RoleOperator}
	must(w.db.NoteOn(t.Context(), tomas, mika, "Asked him by mail to stop.", now))
	list, err := w.db.Cases(t.Context(), mika, cruddur.UUID{}, 10, now.Add(time.Second))
	must(err)
	return []place{
		{"report", "ada", "/@tomas/status/" + bad.UUID.String() + "/report"},
		{"report-member", "ada", "/@tomas/report"},
		{"reported", "ada", "/reported?about=tomas"},
		{"cases", "mika", "/moderation"},
		{"case", "mika", "/moderation/cases/" + list[0].UUID.String()},
		{"case-message", "mika", "/moderation/cases/" + list[1].UUID.String()},
		{"moderate", "mika", "/moderation/members?handle=nobody"},
		{"moderated", "mika", "/moderation/members/@tomas"},
		{"moderated-self", "mika", "/moderation/members/@mika"},
		{"log", "mika", "/moderation/log"},
		{"me-moderator", "mika", "/me"},
	}
}
