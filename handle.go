package cruddur

import (
	"strings"
	"unicode/utf8"
)

// MaxHandle is the maximum length of a handle, in characters, all of them ASCII.
const MaxHandle = 30

// reservedHandles are handles that people would take for the product itself or for one of its operators.
var reservedHandles = map[string]bool{
	"about": true, "admin": true, "administrator": true, "api": true, "cruddur": true, "everyone": true,
	"help": true, "here": true, "home": true, "me": true, "moderator": true, "null": true, "official": true,
	"operator": true, "postmaster": true, "privacy": true, "root": true, "security": true, "settings": true,
	"status": true, "support": true, "system": true, "terms": true, "undefined": true, "webmaster": true,
}

// CheckHandle validates a new member's handle: 2 to 30 of a–z, 0–9 and _, a letter or digit first. A leading @ is
// removed; letters become lower case, because handles are unique regardless of case.
func CheckHandle(s string) (string, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "@")
	if s == "" {
		return "", Invalid("handle", "user_handle_blank")
	}
	for i := range len(s) { // before ToLower, which turns a dotted İ and the kelvin sign into ASCII letters
		if !handleByte(s[i]) {
			return "", Invalid("handle", "handle_invalid")
		}
	}
	s = strings.ToLower(s)
	if len(s) < 2 || len(s) > MaxHandle || s[0] == '_' || reservedHandles[s] {
		return "", Invalid("handle", "handle_invalid")
	}
	return s, nil
}

func handleByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// DeriveHandle makes a valid handle from any text, such as a name from an identity provider. It is a suggestion: the
// caller must handle the case that it is taken.
func DeriveHandle(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r < utf8.RuneSelf && handleByte(byte(r)) && (r != '_' || b.Len() > 0) && b.Len() < 20 {
			b.WriteRune(r)
		}
	}
	h := b.String()
	if len(h) < 2 || reservedHandles[h] {
		h = "member" + h
	}
	return h
}
