package local

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
)

// newCode returns six random digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%06d", n)
}

// freshCode returns a code that matches none of the hashes, so that a code identifies one sign-up.
func freshCode(purpose, email string, taken [][]byte) (code string, hash []byte) {
	for {
		code = newCode()
		hash = codeHash(purpose, email, code)
		unique := true
		for _, t := range taken {
			unique = unique && !bytes.Equal(t, hash)
		}
		if unique {
			return code, hash
		}
	}
}

// parseCode reads a code as people type it: with spaces or hyphens between the digits.
func parseCode(s string) (string, bool) {
	if len(s) > 32 {
		return "", false
	}
	s = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(s))
	if len(s) != 6 {
		return "", false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", false
		}
	}
	return s, true
}

// codeHash returns the stored form of a code. No hash protects six digits from somebody who has the table; it only
// keeps codes out of logs, backups and query results on a screen, and codes live ten minutes. The limit of five
// attempts protects against guessing.
func codeHash(purpose, email, code string) []byte {
	return hashOf(purpose, email, code)
}

// addressHash identifies an address in tables that also have rows for addresses without an account.
func addressHash(email string) []byte { return hashOf("address", email, "") }

func hashOf(purpose, email, code string) []byte {
	h := sha256.Sum256([]byte("cruddur " + purpose + "\x00" + strings.ToLower(email) + "\x00" + code))
	return h[:]
}
