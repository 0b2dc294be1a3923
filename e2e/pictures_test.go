package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cruddur"
)

// landscape draws a picture into a file: a sky, a sun and a hill.
func landscape(t testing.TB, w, h int, sky color.RGBA) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := sky
			c.B = uint8(min(255, int(sky.B)+y*120/h))
			if dx, dy := x-w*3/4, y-h/3; dx*dx+dy*dy < h*h/60 {
				c = color.RGBA{R: 255, G: 220, B: 130, A: 255}
			}
			if hill := h*3/4 - (x-w/3)*(x-w/3)*h/(w*w); y > hill {
				c = color.RGBA{R: 30, G: uint8(90 + 60*x/w), B: 60, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	path := filepath.Join(t.TempDir(), fmt.Sprintf("%dx%d-%d.png", w, h, sky.R))
	f, err := os.Create(path)
	if err == nil {
		err = png.Encode(f, img)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// face gives a member a picture or a banner from a file.
func (w *world) face(t testing.TB, handle string, kind cruddur.PictureKind, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err == nil {
		_, err = w.pictures.SetFace(t.Context(), f, w.users[handle].UUID, kind, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// drawn is JavaScript that makes a file in the browser and hands it to act as the DataTransfer dt.
func drawn(name, kind, act string) string {
	return fmt.Sprintf(`new Promise((done) => {
		const c = document.createElement("canvas"); c.width = 640; c.height = 480;
		const g = c.getContext("2d"); g.fillStyle = "#c86432"; g.fillRect(0, 0, 640, 480); g.fillStyle = "#203060"; g.fillRect(80, 60, 240, 240);
		c.toBlob((blob) => { const dt = new DataTransfer(); dt.items.add(new File([blob], %q, {type: %q})); %s; done(true); }, %q);
	})`, name, kind, act, kind)
}

// TestPicturesWithScript pastes, drops and chooses pictures, describes them, puts them in order, posts them, and looks
// at them with the keyboard alone.
func TestPicturesWithScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada Quist")
	b := w.as(t, "ada")
	b.screen("desk", "light")
	b.open("/")
	arrived := func(n int) {
		t.Helper()
		b.until(fmt.Sprintf(`document.querySelectorAll(".given input[name=picture]").length === %d && [...document.querySelectorAll(".given img")].every((i) => i.complete && i.naturalWidth > 0)`, n))
	}
	eval[bool](b, drawn("pasted.png", "image/png", `document.querySelector("#message").dispatchEvent(new ClipboardEvent("paste", {clipboardData: dt, bubbles: true, cancelable: true}))`))
	arrived(1)
	eval[bool](b, drawn("dropped.webp", "image/webp", `document.querySelector("#message").dispatchEvent(new DragEvent("drop", {dataTransfer: dt, bubbles: true, cancelable: true}))`))
	arrived(2)
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#pictures"), []string{landscape(t, 900, 1600, color.RGBA{R: 120, G: 170, B: 120, A: 255}), landscape(t, 1600, 900, color.RGBA{R: 20, G: 40, B: 90, A: 255})}))
	arrived(4)
	eval[bool](b, drawn("fifth.png", "image/png", `document.querySelector("#message").dispatchEvent(new ClipboardEvent("paste", {clipboardData: dt, bubbles: true, cancelable: true}))`))
	b.until(`document.querySelector("#pictures-error").textContent === "A crud has at most 4 pictures."`)
	for i, alt := range []string{"A blue square on brown", "The same, dropped", "A hill, upright", "A hill at dusk"} {
		b.run(chromedp.SendKeys(chromedp.CSS(fmt.Sprintf(".given li:nth-child(%d) textarea", i+1)), alt))
	}
	b.click(`.given li:nth-child(4) button[title="Move the picture forward"]`)
	b.check("a form with four pictures")
	b.shot("pictures-form-desk-light.png")
	b.run(chromedp.SendKeys(chromedp.CSS("#message"), "Four from the pier."), chromedp.Click(chromedp.CSS(".compose-go .button")))
	b.until(`document.querySelector(".pics4") && [...document.querySelectorAll(".pics4 img")].map((i) => i.alt).join("|") === "A blue square on brown|The same, dropped|A hill at dusk|A hill, upright"`)
	b.until(`[...document.querySelectorAll(".pics4 img")].every((i) => i.complete && i.naturalWidth > 0)`)
	b.check("a card with four pictures")
	b.shot("pictures-four-desk-light.png")
	b.tabTo(".pics4 .pic")
	b.keys(kb.Enter)
	b.until(`document.querySelector("dialog.box").open && document.querySelector(".box-say").textContent === "A blue square on brown"`)
	b.keys(kb.ArrowRight)
	b.keys(kb.ArrowRight)
	b.until(`document.querySelector(".box-say").textContent === "A hill at dusk" && document.querySelector(".box-big").naturalWidth === 1200`)
	b.check("a picture in full")
	b.shot("pictures-box-desk-light.png")
	b.keys(kb.ArrowLeft)
	b.until(`document.querySelector(".box-say").textContent === "The same, dropped"`)
	b.keys(kb.Escape)
	b.until(`!document.querySelector("dialog.box").open && document.activeElement.matches(".pics4 .pic")`)
}

// TestAChosenFileIsNamed chooses a picture of oneself with the keyboard's focus on the button that a label is: its name
// appears, and with it the button that sends it. Without a script the field itself says which file it is.
func TestAChosenFileIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada Quist")
	b := w.as(t, "ada")
	b.screen("phone", "light")
	const save, input = `document.querySelector('form[action="/settings/avatar"] .button:not([name])')`, `document.querySelector("#f-avatar")`
	b.open("/settings")
	b.until(`!` + save + `.checkVisibility()`)
	b.tabTo("#f-avatar")
	b.until(`getComputedStyle(` + input + `.labels[0]).outlineStyle === "solid" && ` + input + `.labels[0].textContent === "Choose a picture"`)
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#f-avatar"), []string{landscape(t, 300, 200, color.RGBA{R: 120, G: 170, B: 120, A: 255})}))
	b.until(save + `.checkVisibility() && document.querySelector('form[action="/settings/avatar"] .file-name').textContent === "300x200-120.png"`)
	b.check("a chosen file")
	b.click(`form[action="/settings/avatar"] .button:not([name])`)
	b.until(`document.querySelector(".face .av-big img")?.naturalWidth > 0`)
	for _, page := range []string{"/settings", "/compose"} {
		b.scripts(false)
		b.open(page)
		if !eval[bool](b, `[...document.querySelectorAll(".file input")].every((i) => getComputedStyle(i).opacity === "1" && i.getBoundingClientRect().width > 80)`) {
			t.Errorf("%s does not show which file is chosen without a script", page)
		}
	}
}

// TestPicturesWithoutScript does with plain forms what the script does: pictures with their texts, an avatar, a banner.
func TestPicturesWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada Quist")
	wide, tall := landscape(t, 1600, 900, color.RGBA{R: 120, G: 170, B: 120, A: 255}), landscape(t, 700, 1500, color.RGBA{R: 20, G: 40, B: 90, A: 255})
	b := w.as(t, "ada")
	b.screen("phone", "dark")
	b.scripts(false)
	press := func(selector string) { b.run(chromedp.Click(chromedp.CSS(selector))) }
	wait := func(selector string) { b.run(chromedp.WaitReady(chromedp.CSS(selector))) }
	b.open("/compose")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#pictures"), []string{wide, tall}), chromedp.SendKeys(chromedp.CSS("#message"), "Two hills, no script."))
	press(`.add-go`)
	wait(".given li:nth-child(2)")
	b.run(chromedp.SendKeys(chromedp.CSS(".given li:nth-child(1) textarea"), "A wide hill"), chromedp.SendKeys(chromedp.CSS(".given li:nth-child(2) textarea"), "A tall hill"))
	b.shot("pictures-form-phone-dark.png")
	press(".compose-go .button")
	wait(".pics2 .pic")
	b.shot("pictures-two-phone-dark.png")
	b.open("/settings")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#f-avatar"), []string{tall}))
	press(`form[action="/settings/avatar"] .button`)
	wait(".face .av-big img")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#f-banner"), []string{wide}))
	press(`form[action="/settings/banner"] .button`)
	wait(".face-banner")
	b.scripts(true)
	b.check("settings with pictures")
	b.shot("pictures-settings-phone-dark.png")
	b.open("/@ada")
	b.until(`document.querySelector(".banner-sky img").naturalWidth === 1200 && document.querySelector(".av-big img").complete && document.querySelector(".pics2 img").alt === "A wide hill"`)
	b.check("a profile with pictures")
	b.shot("pictures-profile-phone-dark.png")
	b.screen("desk", "dark")
	b.open("/@ada")
	b.until(`[...document.images].every((i) => i.complete)`)
	b.check("a profile with pictures")
	b.shot("pictures-profile-desk-dark.png")
}
