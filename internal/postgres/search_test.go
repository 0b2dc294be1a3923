package postgres_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// found returns the messages that a term finds at a time.
func found(t testing.TB, db *postgres.DB, term string, at time.Time) []string {
	t.Helper()
	s, err := cruddur.ParseSearch(term)
	if err != nil {
		t.Fatalf("ParseSearch(%q): %v", term, err)
	}
	list, err := db.Search(t.Context(), s, cruddur.UUID{}, 20, at)
	if err != nil {
		t.Fatalf("Search(%q): %v", term, err)
	}
	return messagesOf(list)
}

func messagesOf(list []cruddur.Activity) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.Message)
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana, bob := member(t, db, "ana"), member(t, db, "bob")
	for i, m := range []struct {
		by   cruddur.User
		text string
	}{
		{ana, "The quick brown fox #Animals"},
		{bob, "A brown and quick fox"},
		{ana, "Café au lait"},
		{bob, "港の猫がまた一匹増えた。名前はまだない。#猫"},
		{ana, "我喜欢北京的秋天"},
		{bob, "แมวกินปลาที่บ้าน"},
		{ana, "고양이가 잔다"},
		{bob, "It's 2026年 in ｶﾌｪ"},
		{ana, `back\slash 'quote' & | ! ( ) <-> :* "`},
	} {
		crud(t, db, m.by, m.text, "", now.Add(time.Duration(i)*time.Second))
	}
	at := now.Add(time.Minute)
	for _, tt := range []struct {
		term string
		want []string // their beginnings, newest first
	}{
		{"fox", []string{"A brown", "The quick"}},
		{"FOX quick", []string{"A brown", "The quick"}},
		{"qui", []string{"A brown", "The quick"}},
		{"qui fox", nil},
		{"fox qui", []string{"A brown", "The quick"}},
		{`"quick brown"`, []string{"The quick"}},
		{`"quick bro"`, nil},
		{`"quick bro`, []string{"The quick"}},
		{`“quick brown” fox`, []string{"The quick"}},
		{"cafe", []string{"Café"}},
		{"CAFÉ", []string{"Café"}},
		{"from:ana fox", []string{"The quick"}},
		{"from:@Ana quick", []string{"The quick"}},
		{"from:nobody fox", nil},
		{"from:bob", []string{"It's", "แมว", "港の", "A brown"}},
		{"#animals", []string{"The quick"}},
		{"#ANIMALS fox", []string{"The quick"}},
		{"#anim", nil},
		{"animals", []string{"The quick"}},
		{"#猫", []string{"港の"}},
		{"猫", []string{"港の"}},
		{"一匹", []string{"港の"}},
		{"ない", []string{"港の"}},
		{"い", []string{"港の"}},
		{"増えた 港", []string{"港の"}},
		{"犬", nil},
		{"北京", []string{"我喜欢"}},
		{"喜欢北京的", []string{"我喜欢"}},
		{"京北", nil},
		{"กินปลา", []string{"แมว"}},
		{"บ้าน", []string{"แมว"}},
		{"고양이", []string{"고양이"}},
		{"カフェ", []string{"It's"}},
		{"2026年", []string{"It's"}},
		{"it's", []string{"It's"}},
		{"slash", []string{"back"}},
		{"🙂", nil},
		{"fox zebra", nil},
	} {
		got := found(t, db, tt.term, at)
		if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("search %s: %q, want %q", tt.term, got, tt.want)
		}
	}
}

// Any part of a text without spaces finds it.
func TestSearchFindsEveryPart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	for i, text := range []string{"東京都千代田区丸の内", "สวัสดีชาวโลก", "ສະບາຍດີ", "សួស្តី", "မင်္ဂလာပါ", "カタカナーガ"} {
		at := now.Add(time.Duration(i) * time.Second)
		crud(t, db, ana, text, "", at)
		runes := []rune(text)
		for from := range runes {
			for to := from + 1; to <= len(runes); to++ {
				if got := found(t, db, string(runes[from:to]), at); !slices.Contains(got, text) {
					t.Errorf("%q does not find %q", string(runes[from:to]), text)
				}
			}
		}
	}
}

// While cruds arrive and end, somebody who pages on sees each crud once, and misses none that lives throughout.
func TestPagingOfSearchAndTags(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	var lasting []string
	for i := range 50 {
		text, ttl := fmt.Sprintf("word %d #tag", i), cruddur.TTL("7-days")
		if i%3 == 0 {
			ttl = "1-hour"
		} else {
			lasting = append(lasting, text)
		}
		crud(t, db, ana, text, ttl, now.Add(time.Duration(i)*time.Second))
	}
	slices.Reverse(lasting)
	search, err := cruddur.ParseSearch("word")
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(before cruddur.UUID, at time.Time) ([]cruddur.Activity, error){
		"tag": func(before cruddur.UUID, at time.Time) ([]cruddur.Activity, error) {
			return db.Tagged(t.Context(), "tag", before, 7, at)
		},
		"search": func(before cruddur.UUID, at time.Time) ([]cruddur.Activity, error) {
			return db.Search(t.Context(), search, before, 7, at)
		},
	} {
		var before cruddur.UUID
		var seen []string
		shown := map[cruddur.UUID]bool{}
		at := now.Add(time.Minute)
		for {
			list, err := read(before, at)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, messagesOf(list)...)
			for _, a := range list {
				if shown[a.UUID] {
					t.Errorf("%s: %q is shown twice", name, a.Message)
				}
				shown[a.UUID] = true
			}
			if len(list) < 7 {
				break
			}
			before = list[len(list)-1].UUID
			crud(t, db, ana, "word arrived #tag", "1-hour", at)
			at = at.Add(20 * time.Minute)
		}
		lived := slices.DeleteFunc(slices.Clone(seen), func(s string) bool { return !slices.Contains(lasting, s) })
		if diff := cmp.Diff(lasting, lived); diff != "" {
			t.Errorf("%s: want -, got +\n%s", name, diff)
		}
	}
}

func TestSearchMembers(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for handle, name := range map[string]string{
		"ana": "Someone", "anabel": "Bel", "an_b": "B", "zoe": "Ána de Souza", "kaito": "海斗", "gone": "Ana Gone", "bob": "Robert",
	} {
		u := member(t, db, handle)
		if _, err := db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{DisplayName: &name}, now); err != nil {
			t.Fatal(err)
		}
		if handle == "gone" {
			if err := db.Suspend(t.Context(), u.UUID, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	for term, want := range map[string][]string{
		"ana": {"ana", "anabel", "zoe"}, "ANA": {"ana", "anabel", "zoe"}, "@ana": {"ana", "anabel", "zoe"}, "an_": {"an_b", "zoe"}, "an%": nil,
		"sou ana": {"zoe"}, "souza": {"zoe"}, "海": {"kaito"}, "斗": {"kaito"}, "gone": nil, "robert": {"bob"}, "name": nil,
		"from:ana": nil, "#ana": nil,
	} {
		s, err := cruddur.ParseSearch(term)
		if err != nil {
			t.Fatal(err)
		}
		list, err := db.SearchMembers(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, p.Handle)
		}
		if term == "an%" { // the sign is no part of a word
			want = []string{"zoe"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("search %q: %v, want %v", term, got, want)
		}
	}
}

// No term is an error of the database.
func TestHostileSearch(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"'", `"`, `\`, "&", "|", "!", "<->", ":*", ":A", "(", ")", "%", "_", "\x00", "\xff", "from:", "from:ana", "#", "#猫", "猫", "ー", "\u0e33", "\ufdfa", " ", "--", ";",
		strings.Repeat("a", 150), strings.Repeat("猫", 90), "\u0301", "⑴", "“", "a", "@",
	}))
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(rt, "pieces"), "")
		if message, err := cruddur.CheckReply(text); err == nil {
			if _, err := db.CreateActivity(t.Context(), ana.UUID, cruddur.Cut(message, cruddur.MaxMessage), "", now); err != nil {
				rt.Fatalf("store %q: %v", message, err)
			}
		}
		s, err := cruddur.ParseSearch(text)
		if err != nil {
			if codes := cruddur.CodesOf(err); codes[0] != "search_term_blank" && codes[0] != "search_term_too_long" {
				rt.Fatalf("ParseSearch(%q): %v", text, err)
			}
			return
		}
		if _, err := db.Search(t.Context(), s, cruddur.UUID{}, 20, now); err != nil {
			rt.Fatalf("search %q as %s: %v", text, s.Query, err)
		}
		if _, err := db.SearchMembers(t.Context(), s); err != nil {
			rt.Fatalf("members %q as %s: %v", text, s.Names, err)
		}
		if _, err := db.SearchTags(t.Context(), s, now); err != nil {
			rt.Fatalf("tags %q: %v", text, err)
		}
	})
}

// The longest words and texts fit.
func TestLongWords(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	root := crud(t, db, ana, "root", "", now)
	for _, text := range []string{strings.Repeat("𝔞", 1024), strings.Repeat("a\u0315", 512), strings.Repeat("ﷺ", 1024), strings.Repeat("猫犬", 512), strings.Repeat("ꙮ ", 511) + "x", strings.Repeat("𐐀", 1024)} {
		reply(t, db, ana, root, text, "", now)
		if got := found(t, db, cruddur.Cut(text, 150), now); !slices.Contains(got, text) && !strings.Contains(text, " ") {
			t.Errorf("%.20q… is not found", text)
		}
	}
}

// What matches and is older than the 4,000 newest is found too, page by page and each once, although many of those
// that match may not be seen.
func TestSearchOldCruds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	mustExec(t, db, `insert into users (handle, display_name, email, cognito_user_id) values ('ana', 'Ana', 'ana@example.com', 'ana')`)
	// Of 700 old ones that match 50 are alive and 650 have ended; 4,500 newer ones do not match.
	mustExec(t, db, `with new as (
		insert into activities (uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(t.at), u.uuid, 'x', t.at, t.at + case when i <= 4500 or i % 14 = 0 then interval '20 days' else interval '1 hour' end
		from users u, generate_series(1, 5200) i cross join lateral (select now() - interval '1 day' - i * interval '1 second' as at) t
		returning uuid
	)
	insert into activity_search (activity_uuid, words)
	select uuid, case when row_number() over (order by uuid desc) > 4500 then 'old:1'::tsvector else 'new:1'::tsvector end from new`)
	at := time.Now()
	term, err := cruddur.ParseSearch("old")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[cruddur.UUID]bool{}
	var before cruddur.UUID
	var sizes []int
	for {
		list, err := db.Search(t.Context(), term, before, 20, at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if !list[i].Visible(at) || seen[list[i].UUID] || !before.IsZero() && bytes.Compare(list[i].UUID[:], before[:]) >= 0 {
				t.Errorf("%v is over, found twice, or not in its order", list[i].UUID)
			}
			seen[list[i].UUID], before = true, list[i].UUID
		}
		sizes = append(sizes, len(list))
		if len(list) < 20 {
			break
		}
	}
	if len(seen) != 50 || len(sizes) != 3 {
		t.Errorf("found %d on pages of %v, want 50 on three", len(seen), sizes)
	}
}
