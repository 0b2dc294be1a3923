package cruddur_test

import (
	"strings"
	"testing"

	"cruddur"
)

func TestCheckEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "ana@example.com", "ana@example.com"},
		{"white space around", " ana@example.com\n", "ana@example.com"},
		{"domain in capitals", "Ana.B@EXAMPLE.Com", "Ana.B@example.com"},
		{"tagged", "ana+crud@example.com", "ana+crud@example.com"},
		{"one character", "a@b.co", "a@b.co"},
		{"localhost", "ana@localhost", "ana@localhost"},
		{"odd but plain signs", "o'neil_x-y@e-x.example", "o'neil_x-y@e-x.example"},
		{"longest local part", long + "@example.com", long + "@example.com"},
		{"longest", long + "@" + strings.Repeat(strings.Repeat("b", 61)+".", 3) + "com", long + "@" + strings.Repeat(strings.Repeat("b", 61)+".", 3) + "com"},
		{"one longer", long + "@" + strings.Repeat("b", 62) + "." + strings.Repeat(strings.Repeat("b", 61)+".", 2) + "com", ""},
		{"longest label", "a@" + strings.Repeat("b", 63) + ".com", "a@" + strings.Repeat("b", 63) + ".com"},
		{"label too long", "a@" + strings.Repeat("b", 64) + ".com", ""},
		{"dash inside", "a@b-c.com", "a@b-c.com"},
		{"dash last", "a@b-.com", ""},
		{"digits", "a@4.com", "a@4.com"},
		{"local part too long", long + "a@example.com", ""},
		{"too long", "a@" + strings.Repeat("b", 250) + ".com", ""},
		{"empty", "", ""},
		{"no at", "ana.example.com", ""},
		{"two ats", "a@b@example.com", ""},
		{"no local part", "@example.com", ""},
		{"no domain", "ana@", ""},
		{"no dot", "ana@example", ""},
		{"dot first", "ana@.example.com", ""},
		{"dot last", "ana@example.com.", ""},
		{"two dots", "ana@example..com", ""},
		{"local dot last", "ana.@example.com", ""},
		{"local dots", "a..b@example.com", ""},
		{"dash first", "ana@-example.com", ""},
		{"with a name", "Ana <ana@example.com>", ""},
		{"in brackets", "<ana@example.com>", ""},
		{"comment", "ana(x)@example.com", ""},
		{"quoted", `"a b"@example.com`, ""},
		{"address literal", "ana@[127.0.0.1]", ""},
		{"percent route", "ana%example.org@example.com", ""},
		{"space inside", "a na@example.com", ""},
		{"header injection", "ana@example.com\r\nBcc: b@example.com", ""},
		{"two addresses", "a@example.com,b@example.com", ""},
		{"NUL", "ana\x00@example.com", ""},
		{"DEL", "ana\x7f@example.com", ""},
		{"not ASCII", "añá@example.com", ""},
		{"underscore in domain", "ana@exa_mple.com", ""},
		{"slash in domain", "ana@exa/mple.com", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cruddur.CheckEmail(tt.in)
			if got != tt.want {
				t.Errorf("CheckEmail(%q) = %q, want %q", tt.in, got, tt.want)
			}
			code := ""
			if tt.want == "" {
				code = "email_invalid"
			}
			checkCode(t, err, code)
		})
	}
}

// The address of a new account has no sign that some mail program executes; an old one may.
func TestCheckNewEmail(t *testing.T) {
	t.Parallel()
	const legal = "!#$%&'*+-/=?^_`{|}~." // RFC 5322, section 3.2.3
	for _, sign := range legal {
		email := "a" + string(sign) + "b@example.com"
		_, old := cruddur.CheckEmail(email)
		_, err := cruddur.CheckNewEmail(email)
		if want := strings.ContainsRune("!|*?`%", sign); (err != nil) != want {
			t.Errorf("CheckNewEmail(%q) = %v, want an error: %v", email, err, want)
		}
		if want := sign == '%'; (old != nil) != want {
			t.Errorf("CheckEmail(%q) = %v, want an error: %v", email, old, want)
		}
	}
}

func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{"ana@example.com", "a@B.c", `"x"@y.z`, "a@b\r\n", "é@b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := cruddur.CheckEmail(s)
		if err != nil {
			return
		}
		if twice, err := cruddur.CheckEmail(once); err != nil || twice != once {
			t.Errorf("CheckEmail(%q) = %q, %v the second time", once, twice, err)
		}
		if strings.ContainsAny(once, "\r\n <>,;\"\x00") || strings.Count(once, "@") != 1 {
			t.Errorf("CheckEmail(%q) = %q", s, once)
		}
	})
}

func TestCheckDisplayName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want, code string }{
		{"plain", " Ana Ω ", "Ana Ω", ""},
		{"on one line", "Ana\nBo\tC", "Ana Bo C", ""},
		{"one letter", "a", "a", ""},
		{"a separator of lines", "Ana\u2028Bo", "Ana Bo", ""},
		{"50 emoji", strings.Repeat("🙂", 50), strings.Repeat("🙂", 50), ""},
		{"51 emoji", strings.Repeat("🙂", 51), "", "display_name_exceed_max_chars"},
		{"blank", " \u200b\n", "", "display_name_blank"},
		{"NUL", "a\x00", "", "display_name_invalid_text"},
		{"not UTF-8", "\xff", "", "display_name_invalid_text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cruddur.CheckDisplayName(tt.in)
			if got != tt.want {
				t.Errorf("CheckDisplayName(%q) = %q, want %q", tt.in, got, tt.want)
			}
			checkCode(t, err, tt.code)
		})
	}
}

func TestCheckBio(t *testing.T) {
	t.Parallel()
	if got, err := cruddur.CheckBio(""); got != "" || err != nil {
		t.Errorf("CheckBio of nothing = %q, %v; a bio may be empty", got, err)
	}
	_, err := cruddur.CheckBio(strings.Repeat("é", 161))
	checkCode(t, err, "bio_exceed_max_chars")
	_, err = cruddur.CheckBio(strings.Repeat("é", 160))
	checkCode(t, err, "")
}

func TestCheckWarning(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want, code string }{
		{"", "", ""},
		{" \u200b\n", "", ""},
		{" eyes\ncontact ", "eyes contact", ""},
		{strings.Repeat("🙂", 100), strings.Repeat("🙂", 100), ""},
		{strings.Repeat("🙂", 101), "", "content_warning_exceed_max_chars"},
		{"a\x00", "", "content_warning_invalid_text"},
		{"\xff", "", "content_warning_invalid_text"},
		{"a\u202eb", "", "content_warning_invalid_text"},
	} {
		got, err := cruddur.CheckWarning(tt.in)
		if got != tt.want {
			t.Errorf("CheckWarning(%q) = %q, want %q", tt.in, got, tt.want)
		}
		checkCode(t, err, tt.code)
	}
}
