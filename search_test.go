package cruddur_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
)

func TestParseSearch(t *testing.T) {
	t.Parallel()
	for term, want := range map[string]cruddur.Search{
		" Fox ":              {Term: "Fox", Query: "'fox':*", Names: "'fox':*", Start: "fox", Tag: "fox"},
		"quick fox":          {Query: "'quick' & 'fox':*", Names: "'quick':* & 'fox':*"},
		`"quick fox"`:        {Query: "('quick' <-> 'fox')", Names: "('quick' <-> 'fox')"},
		`"quick fo`:          {Query: "('quick' <-> 'fo':*)", Names: "('quick' <-> 'fo':*)"},
		`"a" b`:              {Query: "'a' & 'b':*", Names: "'a' & 'b':*"},
		"it's":               {Query: "('it' <-> 's':*)", Names: "('it' <-> 's':*)"},
		"from:Ada":           {From: []string{"ada"}},
		"from:@ada from:bob": {From: []string{"ada", "bob"}},
		"FROM:ada fox":       {Query: "'fox':*", Names: "'fox':*", From: []string{"ada"}},
		"from:":              {Query: "'from':*", Names: "'from':*", Start: "", Tag: ""},
		"from:a-b":           {Query: "('from' <-> 'a' <-> 'b':*)", Names: "('from' <-> 'a' <-> 'b':*)"},
		"#Café":              {Query: "'#café'", Tag: "café"},
		"#Café lait":         {Query: "'#café' & 'lait':*", Names: "'lait':*"},
		"#1984":              {Query: "'1984':*", Names: "'1984':*"},
		"@ada":               {Query: "'ada':*", Names: "'ada':*", Start: "ada"},
		"an_":                {Query: "'an':*", Names: "'an':*", Start: "an_", Tag: "an_"},
		"猫":                  {Query: "'猫':*", Names: "'猫':*", Tag: "猫"},
		"港の猫":                {Query: "('港の' <-> 'の猫')", Names: "('港の' <-> 'の猫')", Tag: "港の猫"},
		"猫 fox":              {Query: "'猫':* & 'fox':*", Names: "'猫':* & 'fox':*"},
		"猫2":                 {Query: "('猫' <-> '2':*)", Names: "('猫' <-> '2':*)", Tag: "猫2"},
		"!":                  {},
		"' | & \\":           {},
	} {
		if want.Term == "" {
			want.Term = term
		}
		got, err := cruddur.ParseSearch(term)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("ParseSearch(%q): %v, want -, got +\n%s", term, err, diff)
		}
	}
	for term, code := range map[string]string{
		"": "search_term_blank", " \n\u200b": "search_term_blank", "\x00": "search_term_blank",
		strings.Repeat("é", cruddur.MaxSearch): "", strings.Repeat("é", cruddur.MaxSearch+1): "search_term_too_long",
		" " + strings.Repeat("é", cruddur.MaxSearch) + " ": "",
	} {
		_, err := cruddur.ParseSearch(term)
		checkCode(t, err, code)
	}
}
