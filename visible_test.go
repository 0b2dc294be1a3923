package cruddur_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"cruddur"
)

// forbidden reports whether a character changes the order of others or is invisible, by Unicode's own tables. A name
// may have it only where a script or an emoji needs it.
func forbidden(t *testing.T) (list []rune) {
	t.Helper()
	tables := []*unicode.RangeTable{
		unicode.Bidi_Control, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point,
	}
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if unicode.In(r, tables...) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) || strings.ContainsRune("\u2800\ufffc\U0001D159\U00013441\U00013442", r) {
			list = append(list, r)
		}
	}
	if len(list) < 4000 {
		t.Fatalf("only %d characters", len(list))
	}
	return list
}

func TestNamesHaveNothingInvisible(t *testing.T) {
	t.Parallel()
	for _, r := range forbidden(t) {
		c := string(r)
		if _, err := cruddur.CheckDisplayName(c); err == nil || cruddur.CodesOf(err)[0] != "display_name_blank" {
			t.Errorf("the name %q: %v, want display_name_blank", c, err)
		}
		if bio, err := cruddur.CheckBio(c + c); err != nil || bio != "" {
			t.Errorf("the bio %q = %q, %v, want nothing", c+c, bio, err)
		}
		if _, err := cruddur.CheckMessage(c + " " + c); err == nil || cruddur.CodesOf(err)[0] != "message_blank" {
			t.Errorf("the message %q: %v, want message_blank", c, err)
		}
		for _, name := range []string{"A" + c + "da", "A" + c + c + "da"} {
			if _, err := cruddur.CheckDisplayName(name); err == nil || cruddur.CodesOf(err)[0] != "display_name_invalid_text" {
				t.Errorf("the name %q: %v, want display_name_invalid_text", name, err)
			}
			if _, err := cruddur.CheckBio(name); err == nil || cruddur.CodesOf(err)[0] != "bio_invalid_text" {
				t.Errorf("the bio %q: %v, want bio_invalid_text", name, err)
			}
			if got := cruddur.Tidy(name); got != "Ada" {
				t.Errorf("Tidy(%q) = %q, want Ada", name, got)
			}
			if got := cruddur.ShownName(name, "handle"); got != "Ada" {
				t.Errorf("ShownName(%q) = %q", name, got)
			}
		}
		if got := cruddur.ShownName(c+c, "handle"); got != "handle" {
			t.Errorf("ShownName(%q) = %q, want the handle", c+c, got)
		}
	}
}

// Every visible character of Unicode may be in a name, alone and between others.
func TestNamesMayHaveWhatShows(t *testing.T) {
	t.Parallel()
	no := map[rune]bool{}
	for _, r := range forbidden(t) {
		no[r] = true
	}
	for r := rune('!'); r <= unicode.MaxRune; r++ {
		if no[r] || !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S, unicode.Mc) {
			continue
		}
		for _, name := range []string{string(r), "A" + string(r) + "a"} {
			if got, err := cruddur.CheckDisplayName(name); err != nil || got != name {
				t.Errorf("the name %q (%U) = %q, %v", name, r, got, err)
			}
		}
	}
}

func TestNamesNeedTheirJoiners(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]string{
		"Persian":                "علی\u200cرضا",
		"Persian with a vowel":   "نِ\u200cما",
		"Hindi":                  "क्\u200dष",
		"Malayalam":              "അവന്\u200d",
		"Sinhala":                "ශ්\u200dරී",
		"Bengali":                "র\u200c্যাব",
		"family":                 "👨\u200d👩\u200d👧\u200d👦",
		"heart on fire":          "❤\ufe0f\u200d🔥",
		"judge with skin":        "👩🏽\u200d⚖\ufe0f",
		"rainbow flag":           "🏳\ufe0f\u200d🌈",
		"pirate flag":            "🏴\u200d☠\ufe0f",
		"polar bear":             "🐻\u200d❄\ufe0f",
		"right-facing":           "🏃\u200d➡\ufe0f",
		"nodding":                "🙂\u200d↕\ufe0f",
		"heart":                  "Ada ❤\ufe0f",
		"heart as text":          "Ada ❤\ufe0e",
		"keycap":                 "Ada 1\ufe0f⃣",
		"information":            "ℹ\ufe0f",
		"exclamation":            "Ada ‼\ufe0f",
		"Scotland":               "Ada \U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
		"Texas and Wales":        "\U0001F3F4\U000E0075\U000E0073\U000E0074\U000E0078\U000E007F\U0001F3F4\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F",
		"Han with its own shape": "葛\U000E0100城",
		"Mongolian":              "ᠠ\u180bᠨ",
		"Hebrew":                 "שָׁלוֹם",
		"Arabic":                 "محمد",
		"Korean":                 "김유신",
		"Korean, old":            "\u1112\u119e\u11ab",
		"Arabic number sign":     "\u0600١٢",
	} {
		if got, err := cruddur.CheckDisplayName(name); err != nil || got != name {
			t.Errorf("%s: CheckDisplayName(%q) = %q, %v", what, name, got, err)
		}
	}
	for what, name := range map[string]string{
		"non-joiner in Latin":         "Ad\u200ca",
		"joiner in Latin":             "Ad\u200da",
		"joiner after an emoji":       "🙂\u200dA",
		"joiner at the end":           "🙂\u200d",
		"two joiners":                 "👨\u200d\u200d👩",
		"joiner and empty braille":    "🙂\u200d\u2800",
		"selector after a letter":     "A\ufe0fda",
		"selector of Han after Latin": "A\U000E0100da",
		"selector twice":              "❤\ufe0f\ufe0f",
		"selector first":              "\ufe0fAda",
		"tags without a flag":         "Ada\U000E0067\U000E0062\U000E007F",
		"flag without an end":         "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074",
		"flag without a region":       "\U0001F3F4\U000E007F",
		"flag with a hidden text":     "\U0001F3F4" + strings.Repeat("\U000E0061", 20) + "\U000E007F",
		"flag with hidden capitals":   "\U0001F3F4\U000E0041\U000E0042\U000E007F",
		"language tag":                "Ada\U000E0001",
	} {
		if got, err := cruddur.CheckDisplayName(name); err == nil {
			t.Errorf("%s: CheckDisplayName(%q) = %q, want an error", what, name, got)
		}
	}
	for _, name := range []string{"\u0301", " \u0301\u0300 ", "\u20dd"} {
		if _, err := cruddur.CheckDisplayName(name); name != "\u20dd" && err == nil {
			t.Errorf("the name %q is only a mark", name)
		}
	}
	if got, err := cruddur.CheckDisplayName("A\u2028d\u2029a"); got != "A d a" || err != nil {
		t.Errorf("a name of three lines = %q, %v", got, err)
	}
}

// Tidy leaves a tidy text as it is, and only removes characters.
func TestTidyTwice(t *testing.T) {
	t.Parallel()
	odd := []rune("a1 é語م❤🙂\u0301\u064b\u200b\u200c\u200d\u200e\u202e\u2066\u2069\ufe0e\ufe0f\u2800\u3164\u034f\u180bᠠ\U0001F3F4\U000E0061\U000E007F\U000E0100\ufff9\ufffe")
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(odd), rapid.Rune()), 0, 12).Draw(t, "runes"))
		once := cruddur.Tidy(s)
		if twice := cruddur.Tidy(once); twice != once {
			t.Fatalf("Tidy(%q) = %q, the second time %q", s, once, twice)
		}
		rest := []rune(s)
		for _, r := range once {
			for len(rest) > 0 && rest[0] != r {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("Tidy(%q) = %q, which has something of its own", s, once)
			}
			rest = rest[1:]
		}
		if strings.ContainsFunc(once, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("Tidy(%q) = %q", s, once)
		}
	})
}

// Every directional formatting character in a balanced text is closed within its line, and no closing character is
// unmatched.
func TestBalance(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"plain “text” – שלום":        "plain “text” – שלום",
		"\u202eabc":                  "\u202eabc\u202c",
		"\u2067abc":                  "\u2067abc\u2069",
		"\u2067a\u202eb":             "\u2067a\u202eb\u202c\u2069",
		"a\u2069b\u202cc":            "abc",
		"\u2068a\u2069\u2069b":       "\u2068a\u2069b",
		"\u2068a\u202eb\u2069c":      "\u2068a\u202eb\u2069c",
		"\u202ea\u2068b\u202cc":      "\u202ea\u2068bc\u2069\u202c",
		"\u202ea\nb\u202c":           "\u202ea\u202c\nb",
		"\u202ea\u2029b":             "\u202ea\u202c\u2029b",
		"\u200fשלום!\u200f \u061cab": "\u200fשלום!\u200f \u061cab",
	} {
		if got := cruddur.Balance(in); got != want {
			t.Errorf("Balance(%q) = %q, want %q", in, got, want)
		}
	}
	pieces := []string{"a", "\n", "\u2029", "”", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f"}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces")
		s := strings.Join(list, "")
		got := cruddur.Balance(s)
		if again := cruddur.Balance(got); again != got {
			t.Fatalf("Balance(%q) = %q, the second time %q", s, got, again)
		}
		var b cruddur.Balancer
		parts := ""
		for _, p := range list {
			parts += b.Text(p)
		}
		if parts += b.End(); parts != got {
			t.Fatalf("%q in pieces is %q, whole %q", s, parts, got)
		}
		checkBalanced(t, got)
	})
}

// checkBalanced counts by rules X2 to X8 of UAX #9.
func checkBalanced(t *rapid.T, s string) {
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\u2029' }) {
		var open []rune
		for _, r := range line {
			switch {
			case r >= '\u202a' && r <= '\u202e' && r != '\u202c', r >= '\u2066' && r <= '\u2068':
				open = append(open, r)
			case r == '\u202c':
				if len(open) == 0 || open[len(open)-1] >= '\u2066' {
					t.Fatalf("%q ends an embedding that is not open", line)
				}
				open = open[:len(open)-1]
			case r == '\u2069':
				for len(open) > 0 && open[len(open)-1] < '\u2066' {
					open = open[:len(open)-1]
				}
				if len(open) == 0 {
					t.Fatalf("%q ends an isolate that is not open", line)
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Fatalf("%q leaves %q open", line, string(open))
		}
	}
}

// A web address ends before an invisible character, so it cannot be made to look like another.
func TestLinksHaveNothingInvisible(t *testing.T) {
	t.Parallel()
	for _, r := range forbidden(t) {
		if r == '\u200c' || r == '\u200d' {
			continue
		}
		for _, s := range cruddur.Segments("see https://evil.example/moc" + string(r) + ".knab") {
			if s.Kind == cruddur.Link && s.Value != "https://evil.example/moc" {
				t.Errorf("%U stands in the address %q", r, s.Value)
			}
		}
	}
}

// A text that ends within a character, for example after a cut, is balanced like any other.
func TestBalanceOfBrokenText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "",
		"a\xe2":                   "a\xe2",
		"\xe2\x80":                "\xe2\x80",
		"a\xe2\x81":               "a\xe2\x81",
		"“quoted” – dash":         "“quoted” – dash",
		"“\u202ea":                "“\u202ea\u202c",
		"\xe2\u202ea":             "\ufffd\u202ea\u202c",
		"\u202aa":                 "\u202aa\u202c",
		"\u2066a":                 "\u2066a\u2069",
		"a\u2069":                 "a",
		"a\u202c":                 "a",
		"\u2066a\u202cb":          "\u2066ab\u2069",
		"\u2066\u202aa\u2069b":    "\u2066\u202aa\u2069b",
		"\u202a\u2066a\u2069b":    "\u202a\u2066a\u2069b\u202c",
		"\u202aa\nb":              "\u202aa\u202c\nb",
		"\u2066\u202aa\u2029b":    "\u2066\u202aa\u202c\u2069\u2029b",
		"\u202a\u202ba\u202cb":    "\u202a\u202ba\u202cb\u202c",
		"\u2066a\u2067b\u2069c":   "\u2066a\u2067b\u2069c\u2069",
		"\u202aa\u202cb\u202cc":   "\u202aa\u202cbc",
		"\u2065a\u206a\u2029":     "\u2065a\u206a\u2029",
		"\u202aa\u2069b\u202cc":   "\u202aab\u202cc",
		"\u2066a\u2069b\u2069c":   "\u2066a\u2069bc",
		"\u2066a\rb\u2069c\u2069": "\u2066a\u2069\rbc",
	} {
		if got := cruddur.Balance(in); got != want {
			t.Errorf("Balance(%q) = %q, want %q", in, got, want)
		}
	}
}
