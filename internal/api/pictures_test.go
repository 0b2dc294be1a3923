package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/api"
)

type shownPicture struct {
	UUID, Kind, URL, Color, Alt string
	PreviewURL                  string `json:"preview_url"`
	Width, Height               int
	ExpiresAt                   *time.Time `json:"expires_at"`
}

// photo is a JPEG of one colour.
func photo(t testing.TB, w, h int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = []byte{200, 100, 50, 255}[i%4]
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sends is a request with bytes.
func sends(method, target, token, body string) query {
	return query{method: method, target: target, token: token, body: body, odd: true}
}

func (w *world) upload(token string) shownPicture {
	w.t.Helper()
	return decoded[shownPicture](w.t, w.do(sends("POST", "/api/pictures", token, photo(w.t, 60, 40))))
}

func multi(t *testing.T, alt, file string) query {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if err := form.WriteField("alt", alt); err != nil {
		t.Fatal(err)
	}
	part, err := form.CreateFormFile("picture", "../../etc/passwd")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || form.Close() != nil {
		t.Fatal(err)
	}
	q := sends("POST", "/api/pictures", "ada", b.String())
	q.header = []string{"Content-Type: " + form.FormDataContentType()}
	return q
}

// Raw bytes and a form make the same picture; a crud shows it, everywhere, and its author's avatar too.
func TestPicturesInTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	raw := w.upload("ada")
	if raw.Width != 60 || raw.Height != 40 || raw.Color != "#c86432" || raw.Kind != "crud" || raw.ExpiresAt == nil || !raw.ExpiresAt.Equal(w.now.Add(time.Hour)) {
		t.Errorf("the picture is %+v", raw)
	}
	form := decoded[shownPicture](t, w.do(multi(t, " a brown field ", photo(t, 60, 40))))
	if form.Alt != "a brown field" || form.Color != raw.Color {
		t.Errorf("the form's picture is %+v", form)
	}
	described := decoded[shownPicture](t, w.do(query{method: "PUT", target: "/api/pictures/" + raw.UUID, token: "ada", body: `{"alt":"another field"}`}))
	if got := decoded[shownPicture](t, w.do(query{target: "/api/pictures/" + raw.UUID, token: "ada"})); got.Alt != "another field" || got.Alt != described.Alt {
		t.Errorf("the described picture is %+v", got)
	}
	face := decoded[shownPicture](t, w.do(sends("PUT", "/api/me/avatar", "ada", photo(t, 90, 60))))
	if face.Width != 60 || face.Height != 60 || face.ExpiresAt != nil && face.Kind != "avatar" {
		t.Errorf("the avatar is %+v", face)
	}
	type crud struct {
		UUID      string
		Pictures  []shownPicture
		AvatarURL string `json:"avatar_url"`
	}
	body := fmt.Sprintf(`{"message":"look","ttl":"1-hour","pictures":[%q,%q]}`, form.UUID, raw.UUID)
	posted := decoded[crud](t, w.do(query{method: "POST", target: "/api/activities", token: "ada", body: body}))
	home := decoded[[]crud](t, w.get("/api/activities/home"))
	for _, a := range []crud{posted, home[0]} {
		if len(a.Pictures) != 2 || a.Pictures[0].Alt != "a brown field" || a.Pictures[1].URL != raw.URL || a.AvatarURL != face.URL {
			t.Errorf("the crud is %+v", a)
		}
	}
	answered := decoded[crud](t, w.do(query{method: "POST", target: "/api/activities/" + posted.UUID + "/reply", token: "ada", body: fmt.Sprintf(`{"message":"more","pictures":[%q]}`, w.upload("ada").UUID)}))
	if len(answered.Pictures) != 1 {
		t.Errorf("the reply is %+v", answered)
	}
	w.want(w.do(query{method: "DELETE", target: "/api/pictures/" + raw.UUID, token: "ada"}), 409, "picture_used")
	me := decoded[struct {
		AvatarURL *string `json:"avatar_url"`
	}](t, w.do(query{target: "/api/me", token: "ada"}))
	if me.AvatarURL == nil || *me.AvatarURL != face.URL {
		t.Errorf("the own avatar is %v", me.AvatarURL)
	}
	w.do(query{method: "DELETE", target: "/api/me/avatar", token: "ada"})
	if home := decoded[[]map[string]any](t, w.get("/api/activities/home")); home[0]["avatar_url"] != nil {
		t.Errorf("an avatar that was taken off is %v", home[0]["avatar_url"])
	}
	if a := w.do(query{target: "/api/me/export", token: "ada"}); strings.Count(a.body, `"kind": "crud"`)+strings.Count(a.body, `"kind":"crud"`) != 3 {
		t.Errorf("the export has %s", a.body)
	}
	archive := w.do(query{target: "/api/me/export.zip", token: "ada"})
	z, err := zip.NewReader(strings.NewReader(archive.body), int64(len(archive.body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []shownPicture{form, raw} {
		f, err := z.Open("pictures/" + p.UUID + ".jpg")
		if err != nil {
			t.Fatal(err)
		}
		if size, kind, err := image.DecodeConfig(f); err != nil || kind != "jpeg" || size.Width != 60 {
			t.Errorf("the picture in the archive is %+v, %s, %v", size, kind, err)
		}
	}
}

// What cannot be taken is refused with a code that says why, and the message is not stored without its pictures.
func TestPicturesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	used, bobs, avatar := w.upload("ada"), w.upload("bob"), decoded[shownPicture](t, w.do(sends("PUT", "/api/me/avatar", "ada", photo(t, 9, 9))))
	w.do(query{method: "POST", target: "/api/activities", token: "ada", body: fmt.Sprintf(`{"message":"look","ttl":"1-hour","pictures":[%q]}`, used.UUID)})
	for body, want := range map[string]struct {
		status int
		code   string
	}{
		"":                                   {422, "picture_blank"},
		"<svg/>":                             {422, "picture_format_unknown"},
		photo(t, 60, 40)[:400]:               {422, "picture_damaged"},
		strings.Repeat("x", 8<<20+1):         {413, "picture_too_large"},
		"GIF89a\xff\xff\xff\xff\x00\x00\x00": {422, "picture_too_many_pixels"},
	} {
		for _, target := range []string{"POST /api/pictures", "PUT /api/me/avatar", "PUT /api/me/banner"} {
			method, target, _ := strings.Cut(target, " ")
			w.want(w.do(sends(method, target, "ada", body)), want.status, want.code)
		}
	}
	w.want(w.do(multi(t, strings.Repeat("x", cruddur.MaxAlt+1), photo(t, 9, 9))), 422, "alt_exceed_max_chars")
	broken := multi(t, "", photo(t, 60, 40))
	broken.body = broken.body[:len(broken.body)-200]
	w.want(w.do(broken), 422, "picture_damaged")
	for list, code := range map[string]string{
		fmt.Sprintf("[%q]", used.UUID):   "pictures_invalid",
		fmt.Sprintf("[%q]", bobs.UUID):   "pictures_invalid",
		fmt.Sprintf("[%q]", avatar.UUID): "pictures_invalid",
		`["x"]`:                          "pictures_invalid",
		`["","","","",""]`:               "pictures_exceed_max",
		`"x"`:                            "pictures_invalid_type",
	} {
		for _, target := range []string{"/api/activities", "/api/activities/" + w.lastCrud() + "/reply"} {
			w.want(w.do(query{method: "POST", target: target, token: "ada", body: `{"message":"lost?","ttl":"1-hour","pictures":` + list + `}`, odd: true}), 422, code)
		}
	}
	if home := w.get("/api/activities/home").body; strings.Contains(home, "lost?") {
		t.Errorf("a crud was posted without its pictures: %s", home)
	}
}

func (w *world) lastCrud() string {
	return decoded[[]item](w.t, w.get("/api/activities/home"))[0].UUID
}

// Bob, a stranger and a suspended member with an old token can do nothing to a picture of ada's, and learn nothing of
// one that she has not posted.
func TestPicturesOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	sue := w.member("sue")
	mine := w.upload("ada")
	if err := w.db.Suspend(t.Context(), sue.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{mine.UUID, "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "1"} {
		for token, want := range map[string]string{"bob": `404 ["not_found"]`, "": `401 ["unauthenticated"]`, "sue": `401 ["unauthenticated"]`} {
			for _, route := range []string{"GET", "PUT", "DELETE"} {
				q := query{method: route, target: "/api/pictures/" + id, token: token}
				if route == "PUT" {
					q.body = `{"alt":"bob was here"}`
				}
				if a := w.do(q); fmt.Sprintf("%d %s", a.status, a.body) != want {
					t.Errorf("%s of %s by %q = %d %s, want %s", route, id, token, a.status, a.body, want)
				}
			}
		}
	}
	for _, token := range []string{"", "sue"} {
		for _, target := range []string{"POST /api/pictures", "PUT /api/me/avatar", "PUT /api/me/banner", "DELETE /api/me/avatar", "DELETE /api/me/banner", "POST /avatars/key_upload"} {
			method, path, _ := strings.Cut(target, " ")
			w.want(w.do(sends(method, path, token, photo(t, 9, 9))), 401, "unauthenticated")
		}
	}
	if got := decoded[shownPicture](t, w.do(query{target: "/api/pictures/" + mine.UUID, token: "ada"})); got.Alt != "" {
		t.Errorf("ada's picture is %+v", got)
	}
	w.do(query{method: "DELETE", target: "/api/pictures/" + mine.UUID, token: "ada"})
	w.want(w.do(query{target: "/api/pictures/" + mine.UUID, token: "ada"}), 404, "not_found")
}

// The original's client asks where to send an avatar, and sends it there without a token, once, within ten minutes. It
// asks for the picture by the subject in one place and by the member's uuid in another; neither answer tells the other.
func TestAvatarsOfTheOriginal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	key := func(body string) string {
		t.Helper()
		out := decoded[struct{ URL string }](t, w.browser("POST", "/avatars/key_upload", "ada", body))
		if !strings.HasPrefix(out.URL, backend+"/avatars/upload?ticket=") {
			t.Fatalf("url = %q", out.URL)
		}
		u, err := url.Parse(out.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u.RequestURI()
	}
	put := func(target string) answer {
		return w.do(query{method: "PUT", target: target, body: photo(t, 60, 60), odd: true, header: []string{"Origin: " + frontend}})
	}
	for _, target := range []string{"/avatars/key_upload", "/avatars/upload?ticket=x"} {
		a := w.do(query{method: "OPTIONS", target: target, header: []string{"Origin: " + frontend}})
		if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != frontend || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("the preflight of %s = %d %v", target, a.status, a.header)
		}
	}
	names := []string{ada.Subject + ".jpg", ada.UUID.String() + ".jpg"}
	for _, name := range names {
		w.want(w.get("/avatars/"+name), 404, "not_found")
	}
	at := key(`{"extension":"jpg"}`)
	if a := put(at); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != frontend || !json.Valid([]byte(a.body)) {
		t.Fatalf("PUT = %d %s", a.status, a.body)
	}
	w.want(put(at), 403, "forbidden")
	w.want(put("/avatars/upload"), 403, "forbidden")
	late := key(`{"extension":"png"}`)
	w.now = w.now.Add(10 * time.Minute)
	w.want(put(late), 403, "forbidden")
	w.want(w.do(sends("POST", "/avatars/key_upload", "ada", `{"extension":"svg"}`)), 422, "picture_format_unknown")
	var bodies []string
	for _, name := range names {
		a := w.get("/avatars/" + name)
		if a.status != 200 || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s = %d %v", name, a.status, a.header)
		}
		bodies = append(bodies, a.body)
		if strings.Contains(fmt.Sprint(a.header), ada.Subject) {
			t.Errorf("the headers of %s tell the subject: %v", name, a.header)
		}
	}
	if bodies[0] != bodies[1] {
		t.Error("the two addresses lead to two pictures")
	}
	for _, name := range []string{"nobody.jpg", ada.Subject, ada.UUID.String() + ".png", "%00.jpg", ".jpg"} {
		w.want(w.get("/avatars/"+name), 404, "not_found")
	}
	if err := w.db.Suspend(t.Context(), ada.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		w.want(w.get("/avatars/"+name), 404, "not_found")
	}
}

// A member may upload 60 pictures an hour, and 200 MB a day.
func TestPictureLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member("ada")
	w.member("bob")
	h := w.api(api.Config{Feed: nil, Store: w.db, RequestLimit: -1})
	send := func(token, body string) int {
		q := sends("POST", "/api/pictures", token, body)
		q.handler = h
		return w.do(q).status
	}
	for i := range 60 {
		if status := send("ada", "x"); status != 422 {
			t.Fatalf("upload %d = %d", i, status)
		}
	}
	if status := send("ada", "x"); status != http.StatusTooManyRequests {
		t.Errorf("upload 61 = %d, want 429", status)
	}
	if status := send("bob", "x"); status != 422 {
		t.Errorf("bob's first upload = %d", status)
	}
	big := strings.Repeat("x", 8<<20)
	for i := range 24 { // bob has used one of 200
		if status := send("bob", big); status != 422 {
			t.Fatalf("upload %d of 8 MB = %d", i, status)
		}
	}
	if status := send("bob", big); status != http.StatusTooManyRequests {
		t.Errorf("after 193 MB another 8 MB = %d, want 429", status)
	}
}
