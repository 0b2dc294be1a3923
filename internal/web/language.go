package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"cruddur"
	"cruddur/internal/lang"
)

// languageCookie remembers the language that a reader has chosen; a member's account does, too.
const (
	languageCookie = "cruddur-language"
	languageLife   = 365 * 24 * time.Hour
)

// langOf returns the language of a request: the member's own, the one that was chosen in this browser, the one that
// the browser asks for, or English.
func (s *site) langOf(r *http.Request, u *cruddur.User) *lang.Language {
	if u != nil {
		if l := s.Languages.Find(u.Language); l != nil {
			return l
		}
	}
	if l := s.Languages.Find(s.cookie(r, languageCookie)); l != nil {
		return l
	}
	return s.Languages.Match(r.Header.Get("Accept-Language"))
}

// postLanguage chooses a language for this browser, and leads back to the page.
func (s *site) postLanguage(w http.ResponseWriter, r *http.Request) error {
	if l := s.Languages.Find(r.PostFormValue("language")); l != nil {
		s.setCookie(w, languageCookie, l.Tag, languageLife)
	} else {
		s.setCookie(w, languageCookie, "", 0)
	}
	http.Redirect(w, r, s.refererOr(r, "/"), http.StatusSeeOther)
	return nil
}

// refererOr returns the page that a form was on, which the referrer policy of our pages tells, or another one.
func (s *site) refererOr(r *http.Request, other string) string {
	if u, err := url.Parse(r.Referer()); err == nil {
		other = u.RequestURI()
	}
	return s.returnTo(other)
}

// languageChoices are those of the settings.
func languageChoices(languages []*lang.Language, chosen string) []choice {
	out := []choice{{"", "as the browser asks", chosen == ""}}
	for _, l := range languages {
		out = append(out, choice{l.Tag, l.Name, l.Tag == chosen})
	}
	return out
}

// script is the file of the pages' script, of which there is one for each language.
const script = "app.js"

// spokenKey matches a text that the script shows: t("Close").
var spokenKey = regexp.MustCompile(`\bt\("([^"]+)"`)

// scriptIn returns the script with the words of a language, under a name of its own.
func scriptIn(l *lang.Language) (name string, data []byte, err error) {
	source, err := readStatic(script)
	if err != nil {
		return "", nil, fmt.Errorf("static files: %w", err)
	}
	words, err := json.Marshal(l.Script(scriptKeys(source)))
	if err != nil {
		return "", nil, fmt.Errorf("static files: %s: %w", l.Tag, err)
	}
	return "app-" + l.Tag + ".js", append(append([]byte("const words = "), append(words, ";\n"...)...), source...), nil
}

// scriptKeys returns the texts that a script shows.
func scriptKeys(source []byte) []string {
	var keys []string
	for _, m := range spokenKey.FindAllSubmatch(source, -1) {
		keys = append(keys, string(m[1]))
	}
	return keys
}
