package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"cruddur"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", "password_too_short"},
		{"1234567", "password_too_short"},
		{"\U0001F600\U0001F601\U0001F602\U0001F603\U0001F604\U0001F605\U0001F606", "password_too_short"}, // 28 bytes
		{"e\u0301e\u0301e\u0301e\u0301", "password_too_short"},                                           // 4 characters in 8 code points
		{"\U0001F600\U0001F601\U0001F602\U0001F603\U0001F604\U0001F605\U0001F606\U0001F607", ""},
		{"12345678", "password_too_common"},
		{"iloveyou", "password_too_common"},
		{"ILoveYou", "password_too_common"},
		{"zzzzzzzzzzzzzzzzzzzzzzzz", "password_too_common"},
		{"ada@example.org", "password_too_common"},
		{"ADA.LOVELACE", "password_too_common"},
		{"a perfectly good one", ""},
		{"nul\x00is fine", ""},
		{"bad \xff utf-8", "password_invalid_text"},
		{strings.Repeat("aé", 64), ""},
		{strings.Repeat("aé", 64) + "b", "password_too_long"},
		{strings.Repeat("e\u0301x", 64), ""}, // 192 code points that become 128
	} {
		got, err := CheckPassword(c.in, "ada@example.org", "ada.lovelace@example.org")
		code := ""
		if err != nil {
			code = cruddur.CodesOf(err)[0]
		}
		if code != c.want {
			t.Errorf("CheckPassword(%.20q) = %q, want %q", c.in, code, c.want)
		}
		if n := utf8.RuneCountInString(got); err == nil && (n < MinPassword || n > MaxPassword) {
			t.Errorf("CheckPassword(%.20q) lets %d characters pass", c.in, n)
		}
	}
}

// The list is the one that common.md describes.
func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	m := common()
	if len(m) != 10_000 {
		t.Errorf("%d common passwords, want 10,000", len(m))
	}
	for p := range m {
		if len(p) < MinPassword || p != strings.ToLower(p) {
			t.Errorf("%q can never be refused by the list", p)
		}
	}
	if h := sha256.Sum256(commonFile); hex.EncodeToString(h[:]) != "5a03f956950627d46dfe7f7472303f2f9263671c183c16e64e8838e9ed6b8b97" {
		t.Errorf("common.txt.gz is %x: describe the new one in common.md", h)
	}
}

// The rule stands in the documentation too.
func TestPasswordLengthIsDocumented(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/accounts.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("**Passwords**: %d to %d characters", MinPassword, MaxPassword); !strings.Contains(string(b), want) {
		t.Errorf("docs/accounts.md does not say %q", want)
	}
}
