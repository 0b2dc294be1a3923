package web

import (
	"fmt"
	"strings"
	"testing"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// CVE-2025-67500 (Mastodon): different errors, one in each language, told that a hidden post exists.
//
// It walks the table: on every path of a crud or a member, what is expired, deleted, hidden or
// never was is answered by the same bytes, for every verb and in every language.
func TestAdvisoryStatusTellsWhatIsHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, u := w.member("ada")
	reader, _ := w.member("reader")
	_, banned := w.member("banned")
	french := w.stranger()
	french.accept = "fr"
	hidden := w.crud(banned, "hidden", "1-day")
	under := w.reply(u, hidden, "under it", "")
	deleted, over := w.crud(u, "deleted", "1-day"), w.crud(u, "over", "1-hour")
	w.must(w.db.DeleteActivity(t.Context(), deleted.UUID, u.UUID, w.now))
	w.must(w.db.Suspend(t.Context(), banned.UUID, w.now))
	w.now = over.ExpiresAt
	never := cruddur.Activity{Handle: "ada", UUID: cruddur.UUID{6: 0x70}}
	private := "/@ada/likes" // ada has not opened them
	if a, b := reader.get(private).want(t, 404), reader.get("/@nobody/likes").want(t, 404); a.body != b.body {
		t.Error("private likes do not answer as what was never there")
	}
	for _, rt := range w.site.routes() {
		if !strings.HasPrefix(rt.pattern, "/{at}") {
			continue
		}
		t.Run(rt.method+" "+rt.pattern, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
				for _, b := range []*browser{reader, w.stranger(), french} {
					for _, message := range []string{"", "a text that nobody may lose"} {
						first := ""
						for i, a := range []cruddur.Activity{never, deleted, over, hidden, under, {Handle: "nobody", UUID: over.UUID}} {
							path := strings.NewReplacer("{at}", "@"+a.Handle, "{uuid}", a.UUID.String()).Replace(rt.pattern)
							if !strings.Contains(rt.pattern, "{uuid}") {
								if a.Handle == "ada" {
									continue // there she is
								}
							}
							var form map[string][]string
							if method == "POST" {
								form = map[string][]string{"message": {message}, "ttl": {"1-hour"}}
							}
							w.site.Limits = ratelimit.New()
							got := b.do(method, path, form)
							line := fmt.Sprint(got.status, got.header.Get("Location"), got.header.Get("Allow"), got.body)
							line = strings.NewReplacer(a.UUID.String(), "UUID", "@"+a.Handle, "@H", "%40"+a.Handle, "%40H").Replace(line)
							if first == "" {
								first = line
							}
							if got.status < 300 || line != first {
								t.Errorf("%s %s (%d): %.300s\nwant %.300s", method, path, i, line, first)
							}
						}
					}
				}
			}
		})
	}
}
