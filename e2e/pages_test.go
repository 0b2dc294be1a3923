package e2e

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"flag"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cruddur"
	"cruddur/internal/identity"
)

var shotsDir = flag.String("shots", os.Getenv("CRUDDUR_SCREENSHOTS"), "save a picture of every page, on both screens and in both lights, in this folder")

// axe-core 4.14.1 from npm (MPL-2.0, testdata/axe.LICENSE), unchanged.
//
//go:embed testdata/axe.min.js
var axe string

//go:embed testdata/axe.min.js.sha256
var axeSum string

// place is a page, as somebody ("" for a stranger) sees it.
type place struct{ name, as, path string }

// tabs opens a window for each of those who see a place.
func (w *world) tabs(t testing.TB) map[string]*tab {
	t.Helper()
	return map[string]*tab{"": newTab(t, w.url), "ada": w.as(t, "ada"), "zoe": w.as(t, "zoe"), "noor": w.as(t, "noor"), "mika": w.as(t, "mika")}
}

// places is every page of the site in a lived-in world.
func (w *world) places(t testing.TB) []place {
	t.Helper()
	own := w.crud(t, "ada", "The last crossing of the season leaves on Friday. Bring a scarf and a song.", "7-days", 3*time.Minute)
	at := "/@ada/status/" + own.UUID.String()
	asked := w.crud(t, "juno", "Who waters the seedlings while I am away for three days?", "3-days", 2*time.Minute)
	thread := "/@juno/status/" + asked.UUID.String()
	yes := w.reply(t, "ada", asked, "I do, on the way to the first boat.", "", 100*time.Second)
	deep := w.reply(t, "juno", yes, "The tall ones twice. Gerald likes to be told about it.", "", 90*time.Second)
	w.reply(t, "kofi", asked, "I can do the evenings, if Gerald likes films.", "1-day", 80*time.Second)
	for i, text := range []string{"Told. He did not answer.", "He never does, but he hears.", "Then I tell him more.", "Tell him about the fog.", "He knows about the fog.", "Everybody does."} {
		deep = w.reply(t, []string{"ada", "juno"}[i%2], deep, text, "", time.Duration(70-i)*time.Second)
	}
	for _, handle := range []string{"ada", "mika", "wren"} {
		if _, err := w.db.Like(t.Context(), w.users[handle].UUID, asked.UUID, true, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.db.Repost(t.Context(), w.users["mika"].UUID, asked.UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, handle := range []string{"mika", "wren", "noor", "kofi"} {
		if _, err := w.db.Like(t.Context(), w.users[handle].UUID, own.UUID, true, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, handle := range []string{"juno", "wren"} {
		if err := w.db.Follow(t.Context(), w.users[handle].UUID, w.users["ada"].UUID, true, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.db.Repost(t.Context(), w.users["noor"].UUID, own.UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.crud(t, "kofi", "Nobody knows the last crossing as @ada does. It is cold, it is late, and for once the whole harbour sings along until the lights go out.", "1-day", time.Minute)
	warned := pathOf(w.warned(t, "mika", "It was the lighthouse keeper, with the foghorn. #tides", "Who did it, in the play of the harbour theatre", 50*time.Second))
	for i, handle := range []string{"juno", "mika", "wren", "ada"} {
		w.face(t, handle, cruddur.Avatar, landscape(t, 400, 500, color.RGBA{R: uint8(40 + 60*i), G: 120, B: uint8(180 - 40*i), A: 255}))
	}
	w.face(t, "ada", cruddur.Banner, landscape(t, 1500, 500, color.RGBA{R: 90, G: 90, B: 140, A: 255}))
	for handle, until := range map[string]time.Time{"wren": time.Now().Add(24 * time.Hour), "kofi": {}} {
		if err := w.db.Mute(t.Context(), w.users["noor"].UUID, w.users[handle].UUID, until, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.db.Block(t.Context(), w.users["noor"].UUID, w.users["tomas"].UUID, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.db.SetRole(t.Context(), w.users["mika"].UUID, cruddur.RoleOperator, cruddur.Act{Actor: cruddur.CommandLine, Target: "@mika"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for i, note := range []string{"", "The whole harbour choir, their families and whoever else comes along on Fridays"} {
		_, hash := identity.NewToken()
		invitation := cruddur.Invitation{Note: note, Uses: 30, CreatedBy: "@mika", ExpiresAt: time.Now().AddDate(0, 0, 7+i)}
		if _, err := w.db.Invite(t.Context(), invitation, hash, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	reply := "/@ada/status/" + yes.UUID.String()
	for i, handle := range []string{"ada", "noor", "mika", "kofi"} {
		w.crud(t, handle, "Low water at the pier, and the lighthouse in it. #tides, #灯台 https://harbour.example/tables/2026/november/the-whole-month.pdf", "7-days", time.Duration(60+i)*time.Hour)
	}
	return append(append(w.whispers(t), w.cases(t)...), []place{
		{"home", "ada", "/"},
		{"home-stranger", "", "/"},
		{"crud", "", at},
		{"crud-own", "ada", at},
		{"delete", "ada", at + "/delete"},
		{"following", "ada", "/?feed=following"},
		{"following-newcomer", "zoe", "/?feed=following"},
		{"thread", "", thread},
		{"thread-member", "ada", thread},
		{"thread-reply", "ada", "/@juno/status/" + deep.UUID.String()},
		{"reply", "ada", thread + "/reply"},
		{"warned", "", warned},
		{"warned-member", "ada", warned},
		{"warned-reply", "ada", warned + "/reply"},
		{"end", "ada", at + "/end"},
		{"end-reply", "ada", reply + "/end"},
		{"delete-reply", "ada", reply + "/delete"},
		{"likes", "ada", thread + "/likes"},
		{"reposts", "", thread + "/reposts"},
		{"reposts-none", "ada", at + "/reposts"},
		{"followers", "", "/@ada/followers"},
		{"followed", "ada", "/@ada/following"},
		{"profile-other", "ada", "/@juno"},
		{"profile-replies", "ada", "/@juno/replies"},
		{"profile-likes", "ada", "/@ada/likes"},
		{"expire", "ada", "/settings/expire"},
		{"profile", "", "/@ada"},
		{"profile-own", "ada", "/@ada"},
		{"profile-empty", "", "/@zoe"},
		{"tag", "", "/tags/tides"},
		{"tag-empty", "ada", "/tags/%E7%8C%AB"},
		{"search", "ada", "/search"},
		{"search-found", "ada", "/search?q=ti"},
		{"search-nothing", "", "/search?q=%22nothing+like+it%22"},
		{"compose", "ada", "/compose"},
		{"signup", "", "/signup"},
		{"confirm", "", "/confirm"},
		{"resend", "", "/confirm/resend"},
		{"signin", "", "/signin"},
		{"forgot", "", "/forgot"},
		{"reset", "", "/reset"},
		{"me", "ada", "/me"},
		{"notifications", "ada", "/notifications"},
		{"notifications-mentions", "ada", "/notifications?kind=mentions"},
		{"notifications-empty", "zoe", "/notifications"},
		{"settings", "ada", "/settings"},
		{"delete-account", "ada", "/settings/delete"},
		{"muted", "noor", "/settings/muted"},
		{"blocked", "noor", "/settings/blocked"},
		{"blocked-none", "ada", "/settings/blocked"},
		{"mute", "ada", "/@kofi/mute"},
		{"block", "ada", "/@kofi/block"},
		{"about", "", "/about"},
		{"admin", "mika", "/admin"},
		{"admin-place", "mika", "/admin/place"},
		{"admin-invitations", "mika", "/admin/invitations"},
		{"invitation-over", "", "/invite/over"},
		{"terms", "", "/terms"},
		{"privacy", "", "/privacy"},
		{"mailbox", "", "/dev/mailbox?key=" + mailboxKey},
		{"gone", "", "/@ada/status/00000000-0000-7000-8000-000000000000"},
	}...)
}

func TestAxeIsTheOneFromNpm(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte(axe))
	if got, want := hex.EncodeToString(sum[:]), strings.Fields(axeSum)[0]; got != want {
		t.Errorf("sha256 of axe.min.js = %s, want %s", got, want)
	}
}

// TestEveryPageAndScreenshots checks every page on both screens and in both themes: axe finds nothing, nothing is
// wider than the screen, nothing moves after the first paint, what a reader from right to left sees is mirrored, and
// the console is silent. The desk is checked dark and the phone light: colours differ by the theme and places by the
// screen, and nothing by both. Each page is opened once and then turned, as a window is made larger; for pictures each
// goes with each, opened anew.
func TestEveryPageAndScreenshots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.demo(t)
	w.member(t, "zoe", "Zoë Anders")
	places := w.places(t)
	if err := w.provider.Forgot(t.Context(), "ada@example.com", time.Now()); err != nil {
		t.Fatal(err)
	}
	w.halves(t, places, func(t *testing.T, tabs map[string]*tab, places []place) {
		for _, p := range places {
			b := tabs[p.as]
			b.screen("desk", "dark")
			b.open(p.path)
			moves(b, p.name)
			b.check(p.name)
			b.screen("phone", "light")
			b.check(p.name + " on a phone")
			b.resize(768, 1024, false)
			fits(b, p.name, 768)
			b.resize(1920, 1080, false)
			fits(b, p.name, 1920)
			mirrors(b, p.name)
		}
	})
	if *shotsDir == "" {
		return
	}
	tabs := w.tabs(t)
	for screen := range screens {
		for _, light := range []string{"dark", "light"} {
			for _, b := range tabs {
				b.allow("404 (Not Found)")
				b.screen(screen, light)
			}
			for _, p := range places {
				tabs[p.as].open(p.path)
				tabs[p.as].shot(fmt.Sprintf("%s-%s-%s.png", p.name, screen, light))
			}
		}
	}
}

// halves runs a test of all places in two parts beside each other, each with windows of its own.
func (w *world) halves(t *testing.T, places []place, test func(t *testing.T, tabs map[string]*tab, places []place)) {
	for i, part := range [][]place{places[:len(places)/2], places[len(places)/2:]} {
		t.Run(fmt.Sprint("part ", i+1), func(t *testing.T) {
			t.Parallel()
			tabs := w.tabs(t)
			for _, b := range tabs {
				b.allow("404 (Not Found)")
			}
			test(t, tabs, part)
		})
	}
}

// check fails the test for findings of axe and for content that does not fit.
func (b *tab) check(name string) {
	b.t.Helper()
	if !eval[bool](b, `"axe" in window`) {
		b.run(chromedp.Evaluate[chromedp.Void](axe))
	}
	for _, v := range eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) =>
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + ": " + n.target.join(" ") + " " + n.failureSummary)))`) {
		b.t.Errorf("%s: %s", name, v)
	}
	if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		b.t.Errorf("%s: %d pixels wider than the screen", name, over)
	}
	for _, broken := range eval[[]string](b, `[...document.querySelectorAll(".count-new, .badge")].filter((e) => {
		const text = document.createRange();
		text.selectNodeContents(e.firstChild ?? e);
		return new Set([...text.getClientRects()].map((r) => Math.round(r.top))).size > 1;
	}).map((e) => e.outerHTML)`) {
		b.t.Errorf("%s: a number is broken into lines: %s", name, broken)
	}
}

func (b *tab) shot(name string) {
	b.t.Helper()
	if *shotsDir == "" {
		return
	}
	err := os.MkdirAll(*shotsDir, 0o755)
	var picture []byte
	if err == nil {
		picture, err = chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*shotsDir, name), picture, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// TestErrorsAndScreenshots checks the states that have no address: forms with errors, the keyboard's dialog, a crud
// that has just expired.
func TestErrorsAndScreenshots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.demo(t)
	for _, screen := range []string{"desk", "phone"} {
		for _, light := range []string{"dark", "light"} {
			if (screen == "desk") != (light == "dark") && *shotsDir == "" { // as on every page
				continue
			}
			b := newTab(t, w.url)
			b.allow("422 (Unprocessable Entity)")
			b.screen(screen, light)
			look := func(name string) { b.check(name); b.shot(fmt.Sprintf("%s-%s-%s.png", name, screen, light)) }

			b.open("/signup")
			b.run(chromedp.SendKeys(chromedp.CSS("#f-name"), "Ada"), chromedp.Click(chromedp.CSS(".plain .button")))
			b.until(`document.querySelector("[aria-invalid=true]") && document.activeElement.matches("[aria-invalid=true]")`)
			look("signup-error")

			b.cookie("cruddur", w.cookies["ada"])
			b.open("/")
			b.run(chromedp.SetValue(chromedp.CSS("#message"), strings.Repeat("far too long ", 25)), chromedp.Click(chromedp.CSS(".compose .button")))
			b.until(`document.activeElement.id === "message" && document.querySelector("#message-error").textContent.includes("280")`)
			look("compose-error")
			b.open("/")
			b.run(chromedp.Click(chromedp.CSS(".feed .crud .say"))) // out of the field
			b.press("?")
			b.until(`document.querySelector("dialog.keys").open`)
			look("keyboard")
		}
	}
}
