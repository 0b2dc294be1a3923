package identity

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cruddur"
)

// The length of a password, in code points, for every provider. A password is never truncated.
const (
	MinPassword = 8
	MaxPassword = 128
)

// NormalPassword is the form in which a password is counted and hashed: NFC, because keyboards and systems write the
// same é as one code point or as two. ok is false if the text cannot be a password.
func NormalPassword(password string) (_ string, ok bool) {
	if len(password) > 4*MaxPassword*4 || !utf8.ValidString(password) {
		return "", false
	}
	password = norm.NFC.String(password)
	return password, utf8.RuneCountInString(password) <= MaxPassword
}

// CheckPassword applies the rules to a new password and returns its normal form. own lists the member's own texts,
// which are not allowed as a password either.
func CheckPassword(password string, own ...string) (string, error) {
	if !utf8.ValidString(password) {
		return "", cruddur.Invalid("password", "password_invalid_text")
	}
	p, ok := NormalPassword(password)
	if !ok {
		return "", cruddur.Invalid("password", "password_too_long")
	}
	if utf8.RuneCountInString(p) < MinPassword {
		return "", cruddur.Invalid("password", "password_too_short")
	}
	lower := strings.ToLower(p)
	if common()[lower] || oneCharacter(p) {
		return "", cruddur.Invalid("password", "password_too_common")
	}
	for _, o := range own {
		local, _, _ := strings.Cut(o, "@")
		if lower == strings.ToLower(o) || lower == strings.ToLower(local) {
			return "", cruddur.Invalid("password", "password_too_common")
		}
	}
	return p, nil
}

// oneCharacter reports whether a password is one character repeated, at any length.
func oneCharacter(p string) bool {
	first, size := utf8.DecodeRuneInString(p)
	return strings.Trim(p[size:], string(first)) == ""
}

//go:embed common.txt.gz
var commonFile []byte

// common are the 10,000 commonest passwords of at least eight characters, in lower case. common.md has their source
// and licence.
var common = sync.OnceValue(func() map[string]bool {
	r, err := gzip.NewReader(bytes.NewReader(commonFile))
	if err != nil {
		panic(err) // the file is part of the binary
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	m := make(map[string]bool, 10_000)
	for line := range strings.Lines(string(b)) {
		m[strings.TrimSuffix(line, "\n")] = true
	}
	return m
})
