package api_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// messages returns the messages of an answer that is an array of activities.
func (a answer) messages(t *testing.T) (out []string) {
	t.Helper()
	var list []struct{ Message string }
	if err := json.Unmarshal([]byte(a.body), &list); a.status != 200 || err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, x := range list {
		out = append(out, x.Message)
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.post(ada, "The quick brown fox #Café", "1-hour")
	w.post(ada, "港の猫 and a fox", "1-day")
	for term, want := range map[string][]string{
		"fox": {"港の猫 and a fox", "The quick brown fox #Café"}, "猫": {"港の猫 and a fox"}, `"quick brown"`: {"The quick brown fox #Café"},
		"#CAFÉ": {"The quick brown fox #Café"}, "from:ada qui": {"The quick brown fox #Café"}, "zebra": nil, "!": nil, "' & | :*": nil,
	} {
		if got := w.get("/api/activities/search?term=" + url.QueryEscape(term)).messages(t); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", term, got, want)
		}
	}
	for query, code := range map[string]string{
		"": "search_term_blank", "?term=": "search_term_blank", "?term=%20%E2%80%8B": "search_term_blank", "?term=%00": "search_term_blank",
		"?term=" + strings.Repeat("a", 201): "search_term_too_long", "?term=a&limit=x": "limit_invalid",
	} {
		a := w.do(oddQuery("/api/activities/search" + query))
		if a.status != 422 || a.body != `["`+code+`"]` {
			t.Errorf("%q: %d %s, want %s", query, a.status, a.body, code)
		}
	}
	if a := w.get("/api/activities/search?term=" + strings.Repeat("a", 200)); a.status != 200 || a.body != "[]" {
		t.Errorf("200 characters: %d %s", a.status, a.body)
	}
	w.now = w.now.Add(time.Hour)
	if got := w.get("/api/activities/search?term=fox").messages(t); len(got) != 1 {
		t.Errorf("after an hour: %q", got)
	}
}

// oddQuery is a request that openapi.yaml does not allow.
func oddQuery(target string) query { return query{target: target, odd: true} }

func TestTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.post(ada, "one #Café", "1-hour")
	w.post(ada, "two #cafe\u0301", "1-day")
	want := []string{"two #cafe\u0301", "one #Café"}
	for _, tag := range []string{"caf%C3%A9", "CAF%C3%89", "%23cafe%CC%81", "%EF%BD%83%EF%BD%81%EF%BD%86%C3%A9"} {
		if got := w.get("/api/activities/tags/" + tag).messages(t); !slices.Equal(got, want) {
			t.Errorf("%s: %q", tag, got)
		}
	}
	if got := w.get("/api/activities/tags/nobody_uses_it").messages(t); len(got) != 0 {
		t.Errorf("unused: %q", got)
	}
	for _, tag := range []string{"1984", "a%20b", "a-b", strings.Repeat("a", 65), "%FF", "%00"} {
		if a := w.do(oddQuery("/api/activities/tags/" + tag)); a.status != 404 || a.body != `["not_found"]` {
			t.Errorf("%s: %d %s", tag, a.status, a.body)
		}
	}
}

// The address in Link leads on, with the term.
func TestFoundPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	for range 5 {
		w.post(ada, "a fox & a #tag", "1-day")
	}
	for _, target := range []string{"/api/activities/search?limit=2&term=fox+%26+a", "/api/activities/tags/tag?limit=2"} {
		seen := 0
		for target != "" {
			a := w.get(target)
			seen += len(a.messages(t))
			next, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
			if target = strings.TrimPrefix(next, backend); next != "" && target == next {
				t.Fatalf("link %q", next)
			}
		}
		if seen != 5 {
			t.Errorf("%d cruds, want 5", seen)
		}
	}
}

func TestTrends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, handle := range []string{"ada", "bob", "cyd"} {
		w.post(w.member(handle), "#Tag and #other"+handle, "1-hour")
	}
	if a := w.get("/api/trends"); a.body != `[{"tag":"tag","authors_count":3}]` {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.now = w.now.Add(time.Hour)
	if a := w.get("/api/trends"); a.body != `[]` {
		t.Errorf("an hour later: %d %s", a.status, a.body)
	}
}

// What is found shows what the reader likes, and to nobody else.
func TestFoundMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	w.member("bob")
	a := w.post(ada, "a #tag", "1-day")
	w.must(w.db.Like(t.Context(), ada.UUID, a.UUID, true, w.now))
	for _, target := range []string{"/api/activities/search?term=tag", "/api/activities/tags/tag"} {
		for token, liked := range map[string]bool{"ada": true, "bob": false, "": false} {
			if got := w.do(query{target: target, token: token}); strings.Contains(got.body, `"liked":true`) != liked || !strings.Contains(got.body, `"likes_count":1`) {
				t.Errorf("%s as %q: %s", target, token, got.body)
			}
		}
	}
}
