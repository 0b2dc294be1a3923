// Package lang puts what members read into their languages. English texts stand in the pages and in the code, where
// they are the keys of the catalogue: one file per language in languages/, which holds its texts, its plurals, its
// dates and its direction. Which language a browser wants, and which plural a number takes, are the rules of CLDR in
// golang.org/x/text.
//
// What is not translated: the codes of the API, the log, and the commands, which operators search for in English.
package lang

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed languages/*.json
var files embed.FS

// Files returns the catalogue of this program: one file per language, named after its BCP 47 tag, such as fr.json.
func Files() fs.FS {
	sub, err := fs.Sub(files, "languages")
	if err != nil {
		panic(err) // the name above is right
	}
	return sub
}

// Language is one language, as its file describes it. It is safe for concurrent use.
type Language struct {
	Tag       string // BCP 47: "fr"
	Name      string // in the language itself: "Français"
	Direction string // "ltr" or "rtl"
	Place     int    // among the languages of its set, for tables by language

	tag    language.Tag
	texts  map[string]forms
	number string // what stands between thousands
	dates
}

// forms are the variants of a text by plural category; a text without a number has only "other".
type forms map[plural.Form]string

// file is the content of a language's file.
type file struct {
	Name      string                     `json:"name"`
	Direction string                     `json:"direction"`
	Thousands string                     `json:"thousands"`
	Weekdays  []string                   `json:"weekdays"` // from Sunday, short
	Months    []string                   `json:"months"`   // short
	LongMonth []string                   `json:"long_months"`
	Day       string                     `json:"day"`      // {weekday} {day} {month}
	DayTime   string                     `json:"day_time"` // the same with {time}
	Date      string                     `json:"date"`     // {day} {month} {year} {time}
	Month     string                     `json:"month"`    // {month} {year}, the month in full
	Texts     map[string]json.RawMessage `json:"texts"`    // by the English text: a text, or an object by plural category
}

// categories are the names of CLDR's plural categories.
var categories = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// Set is the languages that can be chosen. The first is English, in which everything is written.
type Set struct {
	all     []*Language
	matcher language.Matcher

	matched sync.Map // what Accept-Language headers lead to; every page asks, and browsers have few of them
	kept    atomic.Int32
}

// mostKept is the most headers that are kept: somebody may send others without an end.
const mostKept = 1000

// Load reads every file of some folders. The first must have en.json.
func Load(folders ...fs.FS) (*Set, error) {
	s := &Set{}
	for _, folder := range folders {
		names, err := fs.Glob(folder, "*.json")
		if err != nil {
			return nil, fmt.Errorf("languages: %w", err)
		}
		if at := slices.Index(names, "en.json"); at > 0 && len(s.all) == 0 {
			names = append([]string{"en.json"}, slices.Delete(names, at, at+1)...)
		}
		for _, name := range names {
			l, err := read(folder, name)
			if err != nil {
				return nil, fmt.Errorf("languages: %s: %w", name, err)
			}
			l.Place = len(s.all)
			s.all = append(s.all, l)
		}
	}
	if len(s.all) == 0 || s.all[0].Tag != "en" {
		return nil, errors.New("languages: en.json is missing")
	}
	var tags []language.Tag
	for _, l := range s.all {
		tags = append(tags, l.tag)
	}
	s.matcher = language.NewMatcher(tags)
	return s, nil
}

func read(folder fs.FS, name string) (*Language, error) {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	l := &Language{Tag: strings.TrimSuffix(path.Base(name), ".json"), Name: f.Name, Direction: f.Direction, number: f.Thousands, texts: make(map[string]forms, len(f.Texts))}
	if l.tag, err = language.Parse(l.Tag); err != nil {
		return nil, err
	}
	if l.Direction != "ltr" && l.Direction != "rtl" {
		return nil, errors.New(`"direction" must be "ltr" or "rtl"`)
	}
	if l.Name == "" {
		return nil, errors.New(`"name" is missing`)
	}
	for english, raw := range f.Texts {
		if l.texts[english], err = readForms(raw); err != nil {
			return nil, fmt.Errorf("%q: %w", english, err)
		}
		for _, text := range l.texts[english] {
			if err := samePlaceholders(english, text); err != nil {
				return nil, fmt.Errorf("%q: %w", english, err)
			}
		}
	}
	l.dates, err = f.dates(l)
	return l, err
}

func readForms(raw json.RawMessage) (forms, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return forms{plural.Other: text}, nil
	}
	var by map[string]string
	if err := json.Unmarshal(raw, &by); err != nil {
		return nil, errors.New("neither a text nor an object of plural categories")
	}
	out := forms{}
	for name, text := range by {
		category, ok := categories[name]
		if !ok {
			return nil, fmt.Errorf("%q is no plural category", name)
		}
		out[category] = text
	}
	if _, ok := out[plural.Other]; !ok {
		return nil, errors.New(`the category "other" is missing`)
	}
	return out, nil
}

// All returns the languages, English first.
func (s *Set) All() []*Language { return s.all }

// English returns the language in which everything is written.
func (s *Set) English() *Language { return s.all[0] }

// Find returns the language of a tag, or nil.
func (s *Set) Find(tag string) *Language {
	for _, l := range s.all {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// Match returns the language that suits an Accept-Language header best (RFC 9110, 12.5.4), or English.
func (s *Set) Match(accept string) *Language {
	if len(accept) > 512 { // a header longer than that is no browser's
		return s.all[0]
	}
	if l, ok := s.matched.Load(accept); ok {
		return l.(*Language)
	}
	l := s.match(accept)
	if s.kept.Load() < mostKept {
		s.kept.Add(1)
		s.matched.Store(strings.Clone(accept), l)
	}
	return l
}

func (s *Set) match(accept string) *Language {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil { // one of them is unknown: take the others
		known := slices.DeleteFunc(strings.Split(accept, ","), func(part string) bool {
			_, _, err := language.ParseAcceptLanguage(part)
			return err != nil
		})
		wanted, _, _ = language.ParseAcceptLanguage(strings.Join(known, ","))
	}
	if len(wanted) == 0 {
		return s.all[0]
	}
	_, at, confidence := s.matcher.Match(wanted...)
	if confidence == language.No {
		return s.all[0]
	}
	return s.all[at]
}

// Has reports whether the language has an own text for an English one.
func (l *Language) Has(english string) bool { _, ok := l.texts[english]; return ok }

// Keys returns the English texts that the language's file has.
func (l *Language) Keys() []string {
	out := make([]string, 0, len(l.texts))
	for key := range l.texts {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Lacks returns the plural categories that the language distinguishes and a text of it does not have, sorted. A text
// without plurals lacks none.
func (l *Language) Lacks(english string) []string {
	if len(l.texts[english]) < 2 {
		return nil
	}
	var out []string
	for name, category := range categories {
		if _, ok := l.texts[english][category]; ok || category == plural.Other {
			continue
		}
		for n := range 201 { // every rule of CLDR for whole numbers shows itself below 200, but for "many" of millions
			if l.category(n) == category {
				out = append(out, name)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

func (l *Language) category(n int) plural.Form {
	return plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)
}
