package cruddur_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cruddur"
)

func TestCheckHandle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want, code string }{
		{"plain", "ana", "ana", ""},
		{"sign and capitals", " @Ana_B9 ", "ana_b9", ""},
		{"digit first", "9lives", "9lives", ""},
		{"two characters", "ab", "ab", ""},
		{"longest", strings.Repeat("a", 30), strings.Repeat("a", 30), ""},
		{"too long", strings.Repeat("a", 31), "", "handle_invalid"},
		{"one character", "a", "", "handle_invalid"},
		{"empty", "", "", "user_handle_blank"},
		{"only the sign", "@", "", "user_handle_blank"},
		{"underscore first", "_ana", "", "handle_invalid"},
		{"two signs", "@@ana", "", "handle_invalid"},
		{"space inside", "an a", "", "handle_invalid"},
		{"another script", "аna", "", "handle_invalid"}, // the first letter is Cyrillic
		{"lower case that grows", "İst", "", "handle_invalid"},
		{"reserved", "Admin", "", "handle_invalid"},
		{"path", "a/b", "", "handle_invalid"},
		{"the first and last of each kind", "azAZ09_", "azaz09_", ""},
		{"before a", "a`", "", "handle_invalid"},
		{"after z", "a{", "", "handle_invalid"},
		{"before A", "a@", "", "handle_invalid"},
		{"after Z", "a[", "", "handle_invalid"},
		{"before 0", "a/", "", "handle_invalid"},
		{"after 9", "a:", "", "handle_invalid"},
		{"NUL", "a\x00b", "", "handle_invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cruddur.CheckHandle(tt.in)
			if got != tt.want {
				t.Errorf("CheckHandle(%q) = %q, want %q", tt.in, got, tt.want)
			}
			checkCode(t, err, tt.code)
		})
	}
}

// A derived handle keeps the characters that a handle may have, up to 20 of them.
func TestDeriveHandle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ana Bo": "anabo", "__Ana_Bo__": "ana_bo__", "a": "membera", "": "member", "ab": "ab", "Admin": "memberadmin", "ñu": "memberu", "9 lives": "9lives",
		strings.Repeat("a", 20): strings.Repeat("a", 20), strings.Repeat("a", 21): strings.Repeat("a", 20), strings.Repeat("_", 25) + "ab": "ab",
	} {
		if got := cruddur.DeriveHandle(in); got != want {
			t.Errorf("DeriveHandle(%q) = %q, want %q", in, got, want)
		}
	}
}

// databaseHandle is the pattern of the constraint users_handle_check.
var databaseHandle = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{1,29}$`)

// The database accepts every handle that CheckHandle accepts. Both accept every handle that DeriveHandle makes.
func TestHandlesFitTheDatabase(t *testing.T) {
	t.Parallel()
	gen := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ @]?[a-zA-Z0-9_é.]{0,32}`),
		rapid.SampledFrom([]string{"root", "ADMIN", "_", "___", "a", "é", "me", ""}))
	rapid.Check(t, func(t *rapid.T) {
		s := gen.Draw(t, "text")
		if h, err := cruddur.CheckHandle(s); err == nil && !databaseHandle.MatchString(h) {
			t.Fatalf("CheckHandle(%q) = %q, which the database refuses", s, h)
		}
		d := cruddur.DeriveHandle(s)
		if !databaseHandle.MatchString(d) {
			t.Fatalf("DeriveHandle(%q) = %q, which the database refuses", s, d)
		}
		if h, err := cruddur.CheckHandle(d); err != nil || h != d {
			t.Fatalf("DeriveHandle(%q) = %q, which CheckHandle makes %q, %v", s, d, h, err)
		}
	})
}
