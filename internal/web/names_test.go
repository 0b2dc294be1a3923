package web

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cruddur"
	"cruddur/internal/postgres"
)

// A stored name that is older than the rules is shown without forbidden characters, and is never blank.
func TestOldNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, u := w.member("ada")
	crud := w.crud(u, "hello", "1-day")
	for name, want := range map[string]string{
		"\u202eadA":               "adA",
		"Ada\u2069\u202e":         "Ada",
		"\u3164":                  "ada",
		"\u2800\u2800":            "ada",
		"\U000E0041\U000E0042":    "ada",
		"Ada ❤\ufe0f\u200b\u034f": "Ada ❤\ufe0f",
	} {
		_, err := w.db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{DisplayName: &name, Bio: &name}, w.now)
		w.must(err)
		for _, path := range []string{"/", "/@ada", "/@ada/status/" + crud.UUID.String(), "/settings"} {
			a := b.get(path).want(t, 200)
			for _, r := range name {
				if !strings.ContainsRune(want, r) && strings.ContainsRune(a.body, r) {
					t.Errorf("%s with the name %q shows %U", path, name, r)
				}
			}
			a.Find(".who b bdi, h1 bdi, .me-name b bdi, .soon-who bdi").Each(func(_ int, s *goquery.Selection) {
				if s.Text() != want {
					t.Errorf("%s with the name %q shows %q, want %q", path, name, s.Text(), want)
				}
			})
		}
		// The form's initial values can be saved.
		offered, _ := b.get("/settings").Find("[name=display_name]").Attr("value")
		if _, err := cruddur.CheckDisplayName(offered); err != nil && want != "ada" {
			t.Errorf("the form offers the name %q, which is refused: %v", offered, err)
		}
	}
}
