package api_test

import (
	"slices"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/api"
	"cruddur/internal/feed"
	"cruddur/internal/filter"
	"cruddur/internal/place"
	"cruddur/internal/ratelimit"
)

// strangersUse is what a stranger may use in a place that only members read, and what the route answers to a request
// with nothing in it. Everything else is 401.
var strangersUse = map[string]int{
	"GET /api/health-check":      200,
	"GET /api/openapi.yaml":      200,
	"GET /api/docs":              200,
	"GET /api/place":             200,
	"GET /.well-known/jwks.json": 200,
	"PUT /avatars/upload":        403, // the ticket says who comes
	"POST /api/auth/signup":      200,
	"POST /api/auth/confirm":     200,
	"POST /api/auth/resend":      200,
	"POST /api/auth/signin":      200,
	"POST /api/auth/refresh":     200,
	"POST /api/auth/signout":     200,
	"POST /api/auth/forgot":      200,
	"POST /api/auth/reset":       200,
}

// In a place that only members read, every route but those that lead into it is 401 to a stranger, to a worthless token
// and to the token of a suspended member: byte for byte the same, also where nothing is. A member reads as ever, and
// when the place opens again everybody does.
func TestOnlyMembersRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, sue := w.member("ada"), w.member("sue")
	crud := w.post(ada, "for members", "7-days")
	if err := w.db.Suspend(t.Context(), sue.UUID, w.now); err != nil {
		t.Fatal(err)
	}
	keeper := place.New(w.db)
	handler := w.api(api.Config{
		Feed: filter.Feed{Homes: feed.New(w.db), Store: filter.Store{DB: w.db}}, Store: filter.Store{DB: w.db}, Place: keeper, Limits: ratelimit.Unlimited(), RequestLimit: -1,
	})
	reading := func(m cruddur.ReadingMode) {
		t.Helper()
		if _, err := keeper.Change(t.Context(), func(p *cruddur.Place) error { p.Reading = m; return nil }, "@ada", w.now); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(route, token string, o object) answer {
		method, path, _ := strings.Cut(route, " ")
		body := ""
		if strings.Contains(path, "/auth/") {
			body = `{"email":"eve@example.com","code":"123456","name":"Eve","handle":"eve","password":"a long password","refresh_token":"x"}`
		}
		path = strings.NewReplacer("{handle}", o.handle, "{uuid}", o.uuid, "{tag}", "tag", "{picture}", o.uuid+".jpg", "{name}", o.uuid+".jpg").Replace(path)
		return w.do(query{method: method, target: path, token: token, body: body, odd: true, handler: handler})
	}
	there, nowhere := object{"ada", crud.UUID.String()}, object{"nobody", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970"}
	for _, mode := range []cruddur.ReadingMode{cruddur.ReadingMembers, cruddur.ReadingEverybody} {
		reading(mode)
		for _, route := range api.Routes() {
			for who, token := range map[string]string{"a stranger": "", "null": "null", "worthless": "worthless", "suspended": "sue"} {
				for _, o := range []object{there, nowhere} {
					a := ask(route, token, o)
					want, open := strangersUse[route]
					switch {
					case open && a.status != want && who != "suspended":
						t.Errorf("%s, %s: %s = %d %s, want %d", mode, who, route, a.status, a.body, want)
					case mode == cruddur.ReadingMembers && !open && (a.status != 401 || a.body != `["unauthenticated"]`):
						t.Errorf("%s, %s: %s = %d %s, want 401", mode, who, route, a.status, a.body)
					}
				}
			}
		}
		if a := ask("GET /api/activities/home", "ada", there); a.status != 200 || !strings.Contains(a.body, "for members") {
			t.Errorf("%s: home of a member = %d %s", mode, a.status, a.body)
		}
		if a := ask("GET /api/activities/home", "", there); (a.status == 200) != (mode == cruddur.ReadingEverybody) {
			t.Errorf("%s: home of a stranger = %d", mode, a.status)
		}
		if a := w.do(query{target: "/api/nothing", handler: handler, odd: true}); a.status != 404 {
			t.Errorf("%s: a path that is no route = %d", mode, a.status)
		}
	}
	for route := range strangersUse {
		if !slices.Contains(api.Routes(), route) {
			t.Errorf("there is no route %s", route)
		}
	}
}

// The place is told to everybody, and follows a change; domains only where they are asked for.
func TestGetPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keeper := place.New(w.db)
	handler := w.api(api.Config{Feed: feed.New(w.db), Store: filter.Store{DB: w.db}, Place: keeper})
	type told struct {
		Name, Line, Rules, Contact, Reading string
		SignUp                              string `json:"sign_up"`
		Colour                              *string
		Domains, TTL                        []string
		MaxMessage                          int `json:"max_message"`
	}
	p := decoded[told](t, w.do(query{target: "/api/place", handler: handler}))
	if p.Name != "Cruddur" || p.SignUp != "open" || p.Reading != "everybody" || p.Colour != nil || len(p.Domains) > 0 || len(p.TTL) != 7 || p.MaxMessage != 280 {
		t.Errorf("a new place is %+v", p)
	}
	change := func(mode cruddur.SignUpMode) told {
		t.Helper()
		_, err := keeper.Change(t.Context(), func(p *cruddur.Place) error {
			p.Name, p.Rules, p.Colour, p.SignUp, p.Domains = `The "club"`, "one\ntwo", "#0a0b0c", mode, []string{"zürich.example"}
			return nil
		}, "@ada", w.now)
		if err != nil {
			t.Fatal(err)
		}
		return decoded[told](t, w.do(query{target: "/api/place", handler: handler}))
	}
	if p := change(cruddur.SignUpDomain); p.Name != `The "club"` || p.Rules != "one\ntwo" || p.SignUp != "domain" || *p.Colour != "#0a0b0c" || !slices.Equal(p.Domains, []string{"zürich.example"}) {
		t.Errorf("the place is %+v", p)
	}
	if p := change(cruddur.SignUpInvite); p.SignUp != "invite" || len(p.Domains) > 0 {
		t.Errorf("the place is %+v", p)
	}
}
