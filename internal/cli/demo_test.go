package cli

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/gallery"
	"cruddur/internal/pgtest"
)

// demoTalks reads the answer to the sign-in of the demo member, and looks at what they find: two conversations and a
// request, notifications of each kind, and pictures.
func demoTalks(t *testing.T, url string, signIn *http.Response) {
	t.Helper()
	var tokens struct {
		Access string `json:"access_token"`
	}
	err := json.NewDecoder(signIn.Body).Decode(&tokens)
	signIn.Body.Close()
	if signIn.StatusCode != 200 || err != nil {
		t.Errorf("the demo member signs in: %d, %v", signIn.StatusCode, err)
	}
	for path, want := range map[string]int{"/api/message_groups": 2, "/api/message_groups?requests=true": 1, "/api/notifications": 7} {
		if got := demoHas(t, url+path, tokens.Access); got != want {
			t.Errorf("the demo member has %d of %s, want %d", got, path, want)
		}
	}
	res, err := http.Get(url + "/api/activities/home?limit=100")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var home []struct {
		AvatarURL *string `json:"avatar_url"`
		Pictures  []struct{ URL, Alt string }
	}
	if err := json.NewDecoder(res.Body).Decode(&home); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	faces := 0
	for _, a := range home {
		for _, p := range a.Pictures {
			addresses = append(addresses, p.URL)
			if p.Alt == "" {
				t.Errorf("the picture %s says not what it shows", p.URL)
			}
		}
		if a.AvatarURL != nil {
			faces++
			addresses = append(addresses, *a.AvatarURL)
		}
	}
	if n := len(addresses) - faces; n != 8 || faces < 10 {
		t.Errorf("the demo shows %d pictures and %d times a face, want 8 and at least 10", n, faces)
	}
	for _, address := range addresses {
		res, err := http.Get(url + address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s = %d, %v", address, res.StatusCode, res.Header)
		}
	}
}

// The demo leaves members alone who only have the handle of one of the sample data's.
func TestDemoLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	now := time.Now()
	s := &service{program: &program{}, db: &command.Database{DB: db}, pictures: gallery.New(db, db.PictureStore(), false)}
	for handle, subject := range map[string]string{"nour": "her-own", "kaito": "seed:kaito", "demo": "the-demo-member"} {
		if _, err := db.UpsertUser(t.Context(), cruddur.User{Handle: handle, DisplayName: handle, Email: handle + "@example.com", Subject: subject}, now); err != nil {
			t.Fatal(err)
		}
	}
	d := &demoLife{service: s, now: now, members: map[string]cruddur.UUID{}}
	if err := d.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	for handle, want := range map[string]bool{"nour": false, "kaito": true} {
		p, err := db.Profile(t.Context(), handle, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := !p.Avatar.IsZero(); got != want {
			t.Errorf("%s has a face: %t, want %t", handle, got, want)
		}
		if p.FollowersCount > 0 != want || p.FollowingCount > 0 {
			t.Errorf("%s has %d followers and follows %d", handle, p.FollowersCount, p.FollowingCount)
		}
	}
}

// demoHas counts what a list of the demo member has.
func demoHas(t *testing.T, url, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list []any
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return len(list)
}
