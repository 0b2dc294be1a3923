package cruddur_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cruddur"
)

func checkCode(t *testing.T, err error, code string) {
	t.Helper()
	switch {
	case code == "" && err != nil:
		t.Errorf("error %v, want none", err)
	case code != "" && (err == nil || !slices.Equal(cruddur.CodesOf(err), []string{code})):
		t.Errorf("error %v, want %s", err, code)
	}
}

// messages generates texts that are likelier than random text to hold signs where they matter.
func messages() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"@", "#", "@ana", "#tag", "#ñandú", "#1984", "http://", "https://x.y/a_(b)", "https://x.y).", "a@b.c",
			" ", "\n", "\r\n", "_", "/", "&amp;", "<b>", "\u200b", "é", "🙂", "\xff", "\x00", "@@a1", "##x", "#é\u0301",
			"＃", "#Ｇ", "ǅ", "ß", "⑴", "\ufdfa", "\u200d", "\ufe0f", "ｶﾞ", "İ", "ͅ", "한", "\u0e33",
		}),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

func TestSegments(t *testing.T) {
	t.Parallel()
	type seg = cruddur.Segment
	plain := func(s string) seg { return seg{Kind: cruddur.Plain, Text: s} }
	mention := func(s, v string) seg { return seg{Kind: cruddur.Mention, Text: s, Value: v} }
	tag := func(s, v string) seg { return seg{Kind: cruddur.Hashtag, Text: s, Value: v} }
	link := func(s string) seg { return seg{Kind: cruddur.Link, Text: s, Value: s} }
	for _, tt := range []struct {
		name, in string
		want     []seg
	}{
		{"nothing", "", nil},
		{"mention", "hi @Ana!", []seg{plain("hi "), mention("@Ana", "ana"), plain("!")}},
		{"tag in another script", "#Ñandú y más", []seg{tag("#Ñandú", "ñandú"), plain(" y más")}},
		{"an e-mail address", "write to ana@example.com", []seg{plain("write to ana@example.com")}},
		{"a number is no tag", "we are #1", []seg{plain("we are #1")}},
		{"an entity is no tag", "a&#39;b", []seg{plain("a&#39;b")}},
		{"a lone sign", "@ # @a", []seg{plain("@ # @a")}},
		{"link and full stop", "see https://example.com/a?b=c#d.", []seg{plain("see "), link("https://example.com/a?b=c#d"), plain(".")}},
		{"link in brackets", "(https://example.com)", []seg{plain("("), link("https://example.com"), plain(")")}},
		{"link with brackets", "https://e.com/a_(b)", []seg{link("https://e.com/a_(b)")}},
		{"no link without a host", "https:// and http://", []seg{plain("https:// and http://")}},
		{"no script address", "javascript:alert(1)", []seg{plain("javascript:alert(1)")}},
		{"a link keeps its signs", "https://e.com/@ana/#tag", []seg{link("https://e.com/@ana/#tag")}},
		{"a link ends at markup", `https://e.com/"><b>`, []seg{link("https://e.com/"), plain(`"><b>`)}},
		{"handle too long", "@" + strings.Repeat("a", 31), []seg{plain("@" + strings.Repeat("a", 31))}},
		{"longest handle", "@" + strings.Repeat("a", 30), []seg{mention("@"+strings.Repeat("a", 30), strings.Repeat("a", 30))}},
		{"shortest handle", "@ab", []seg{mention("@ab", "ab")}},
		{"sign after a sign", "@@ana ##go @#go #@ana", []seg{plain("@@ana ##go @#go #@ana")}},
		{"sign after a slash", "a /@ana /#go", []seg{plain("a /@ana /#go")}},
		{"sign after an ampersand", "a &@ana &#go;", []seg{plain("a &@ana &#go;")}},
		{"sign after an underscore", "_@ana _#go", []seg{plain("_@ana _#go")}},
		{"sign after a letter or a number", "é@ana 7#go ½@ana", []seg{plain("é@ana 7#go ½@ana")}},
		{"sign after a dash", "-@ana", []seg{plain("-"), mention("@ana", "ana")}},
		{"a link in a word", "xhttps://e.com", []seg{plain("xhttps://e.com")}},
		{"a tag of 64 letters", "#" + strings.Repeat("é", 64), []seg{tag("#"+strings.Repeat("é", 64), strings.Repeat("é", 64))}},
		{"a tag of 65 letters", "#" + strings.Repeat("é", 65), []seg{plain("#" + strings.Repeat("é", 65))}},
		{"a tag with marks and an underscore", "#e\u0301_1!", []seg{tag("#e\u0301_1", "é_1"), plain("!")}},
		{"a tag in capitals", "#CAFÉ", []seg{tag("#CAFÉ", "café")}},
		{"a tag with an accent of its own", "#cafe\u0301", []seg{tag("#cafe\u0301", "café")}},
		{"a tag with a sharp s", "#Straße", []seg{tag("#Straße", "strasse")}},
		{"a tag with a final sigma", "#ΌΔΟΣ", []seg{tag("#ΌΔΟΣ", "όδοσ")}},
		{"a full-width tag", "＃Ｇｏ", []seg{tag("＃Ｇｏ", "go")}},
		{"a half-width tag", "#ｶﾌｪ", []seg{tag("#ｶﾌｪ", "カフェ")}},
		{"a tag in Thai", "#ที่นี่ ดี", []seg{tag("#ที่นี่", "ที่นี่"), plain(" ดี")}},
		{"a tag in Hindi", "#हिन्दी।", []seg{tag("#हिन्दी", "हिन्दी"), plain("।")}},
		{"a tag with a joiner", "#می\u200cخواهم", []seg{tag("#می\u200cخواهم", "میخواهم")}},
		{"a joiner after a tag", "#می\u200c", []seg{tag("#می", "می"), plain("\u200c")}},
		{"a tag ends at punctuation of its script", "#猫、#犬", []seg{tag("#猫", "猫"), plain("、"), tag("#犬", "犬")}},
		{"a tag with a number first", "#2026年", []seg{tag("#2026年", "2026年")}},
		{"the picture of a key", "#\ufe0f\u20e3 and #1\ufe0f\u20e3", []seg{plain("#\ufe0f\u20e3 and #1\ufe0f\u20e3")}},
		{"a tag with a variation selector", "#葛\U000e0100", []seg{tag("#葛\U000e0100", "葛")}},
		{"a mark is not the beginning", "#\u0301a", []seg{plain("#\u0301a")}},
		{"a tag whose compatible form has brackets", "#⑴a", []seg{tag("#⑴a", "1a")}},
		{"64 letters, each with an accent of its own", "#" + strings.Repeat("e\u0301", 64), []seg{tag("#"+strings.Repeat("e\u0301", 64), strings.Repeat("é", 64))}},
		{"other full-width text", "ａ＃b！", []seg{plain("ａ＃b！")}},
		{"a tag without a letter", "#_1", []seg{plain("#_1")}},
		{"a handle of every kind of sign", "@aZ_09-", []seg{mention("@aZ_09", "az_09"), plain("-")}},
		{"a handle ends at the neighbours of its signs", "@ab{@ab`@ab[@ab:@ab", []seg{
			mention("@ab", "ab"), plain("{"), mention("@ab", "ab"), plain("`"), mention("@ab", "ab"), plain("["), mention("@ab", "ab"), plain(":"), mention("@ab", "ab"),
		}},
		{"a link ends at a space", "http://e.com b", []seg{link("http://e.com"), plain(" b")}},
		{"a link with a bracket that is not opened", "https://e.com/a)", []seg{link("https://e.com/a"), plain(")")}},
		{"a link in quotation marks", "'https://e.com/a'", []seg{plain("'"), link("https://e.com/a"), plain("'")}},
		{"a link does not hide a character", "https://e.com/\u200ba", []seg{link("https://e.com/"), plain("\u200ba")}},
		{"a link keeps its joiners", "https://e.com/\u0645\u200c\u0645", []seg{link("https://e.com/\u0645\u200c\u0645")}},
		{"side by side", "@ana #b2b", []seg{mention("@ana", "ana"), plain(" "), tag("#b2b", "b2b")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, cruddur.Segments(tt.in)); diff != "" {
				t.Errorf("Segments(%q): want -, got +\n%s", tt.in, diff)
			}
		})
	}
}

func TestHashtagsAndMentions(t *testing.T) {
	t.Parallel()
	const in = "@Ana and @bob: #Go #go #PostgreSQL, @ana again"
	if got, want := cruddur.Hashtags(in), []string{"go", "postgresql"}; !slices.Equal(got, want) {
		t.Errorf("Hashtags() = %v, want %v", got, want)
	}
	if got, want := cruddur.Mentions(in), []string{"ana", "bob"}; !slices.Equal(got, want) {
		t.Errorf("Mentions() = %v, want %v", got, want)
	}
}

// The texts of all segments together equal the message, byte for byte; no two plain segments are adjacent.
func TestSegmentsAreTheMessage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkSegments(t, messages().Draw(t, "message")) })
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "@ana #go https://e.com", "a\xff@b1\x00", "https://)", "#\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSegments(t, s) })
}

func checkSegments(t interface{ Fatalf(string, ...any) }, message string) {
	var all strings.Builder
	last := cruddur.SegmentKind(-1)
	for _, s := range cruddur.Segments(message) {
		all.WriteString(s.Text)
		if s.Text == "" || s.Kind == cruddur.Plain && last == cruddur.Plain {
			t.Fatalf("Segments(%q): an empty segment, or two plain ones in a row", message)
		}
		last = s.Kind
		switch s.Kind {
		case cruddur.Plain:
			if s.Value != "" {
				t.Fatalf("plain text has the value %q", s.Value)
			}
		case cruddur.Mention:
			if len(s.Value) < 2 || len(s.Value) > cruddur.MaxHandle || s.Value != strings.ToLower(s.Text[1:]) {
				t.Fatalf("mention %q has the value %q", s.Text, s.Value)
			}
		case cruddur.Hashtag:
			if again := cruddur.Hashtags("#" + s.Value); !slices.Equal(again, []string{s.Value}) {
				t.Fatalf("tag %q has the value %q, whose own is %q", s.Text, s.Value, again)
			}
		case cruddur.Link:
			if !strings.HasPrefix(s.Value, "http://") && !strings.HasPrefix(s.Value, "https://") {
				t.Fatalf("link %q", s.Value)
			}
		}
	}
	if all.String() != message {
		t.Fatalf("the segments of %q are together %q", message, all.String())
	}
}

func BenchmarkHashtags(b *testing.B) {
	const message = "Rain gauge number 7 has a tenant: one frog, very small, unimpressed by science. #fieldwork"
	b.ReportAllocs()
	for b.Loop() {
		if len(cruddur.Hashtags(message)) != 1 {
			b.Fatal("no tag")
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 0, ""},
		{"", 3, ""},
		{"abc", -1, ""},
		{"abc", 0, ""},
		{"abc", 2, "ab"},
		{"abc", 3, "abc"},
		{"abc", 4, "abc"},
		{"äöü", 2, "äö"},
		{"日本語", 1, "日"},
		{"e\u0301x", 1, "e"},
		{"🙂🙂", 1, "🙂"},
		{"\xff\xfeab", 3, "\xff\xfea"}, // a byte that is no UTF-8 counts as one
	} {
		if got := cruddur.Cut(c.in, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
