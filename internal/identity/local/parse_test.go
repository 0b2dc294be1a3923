package local

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/mail"
)

func TestPHC(t *testing.T) {
	t.Parallel()
	h := newHasher(1, time.Second)
	phc := h.hashHeld("correct horse")
	p, salt, key, err := parse(phc)
	if err != nil || p != present || len(salt) != saltLength || len(key) != hashLength {
		t.Fatalf("parse(%q) = %v, %d, %d, %v", phc, p, len(salt), len(key), err)
	}
	if diff := cmp.Diff(phc, format(p, salt, key)); diff != "" {
		t.Error(diff)
	}
	if ok, outdated := h.verifyHeld(phc, "correct horse"); !ok || outdated {
		t.Errorf("verify = %v, %v", ok, outdated)
	}
	// From the reference implementation's own tests (phc-winner-argon2, test.c), argon2id v=19.
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, outdated := h.verifyHeld(reference, "password"); !ok || !outdated {
		t.Errorf("the reference hash: ok %v, outdated %v, want both", ok, outdated)
	}
	for _, bad := range []string{
		"", "$", "password", strings.Replace(phc, "argon2id", "argon2i", 1), strings.Replace(phc, "v=19", "v=16", 1),
		strings.Replace(phc, "m=19456", "m=4294967295", 1), strings.Replace(phc, "t=2", "t=0", 1),
		strings.Replace(phc, "p=1", "p=0", 1), phc + "$", phc[:len(phc)-30], phc + "=", strings.Replace(phc, "t=2,", "", 1),
	} {
		if ok, _ := h.verifyHeld(bad, "correct horse"); ok {
			t.Errorf("verify(%q) = true", bad)
		}
	}
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, key, err := parse(s)
		if err != nil {
			return
		}
		if p.memory > mostMemory || p.time > mostTime || p.threads < 1 || len(key) < 16 {
			t.Errorf("parse(%q) accepts %+v", s, p)
		}
		again, salt2, key2, err := parse(format(p, salt, key))
		if err != nil || again != p || string(salt) != string(salt2) || string(key) != string(key2) {
			t.Errorf("parse(format(parse(%q))) differs", s)
		}
	})
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"123456", "123 456", "12-34-56", "１２３４５６", "", "000000\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := parseCode(s)
		if !ok {
			return
		}
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			t.Errorf("parseCode(%q) = %q", s, code)
		}
	})
}

// keyStore is a store with one key and no more.
type keyStore struct {
	Store
	key cruddur.SigningKey
}

func (s keyStore) SigningKeys(context.Context) ([]cruddur.SigningKey, error) {
	return []cruddur.SigningKey{s.key}, nil
}

// FuzzAccessToken throws bytes at Verify: nothing but what the provider has signed gets as far as the
// database, which is not there and would panic.
func FuzzAccessToken(f *testing.F) {
	key, err := generateKey()
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	key.CreatedAt = now
	p, err := New(Config{Store: keyStore{key: key}, Mailer: mail.NewMailbox(nil), Issuer: "https://cruddur.example"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { p.Close(context.Background()) })
	signer, err := p.keys.signer(context.Background(), now)
	if err != nil {
		f.Fatal(err)
	}
	good, err := p.issue(signer, cruddur.TokenFamily{UUID: cruddur.MaxUUID, Account: cruddur.MaxUUID, CreatedAt: now}, "", now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Access[:len(good.Access)-1])
	f.Add("null")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(`{"payload":"","signatures":[]}`)
	f.Fuzz(func(t *testing.T, token string) {
		if token == good.Access {
			return
		}
		if _, err := p.Verify(t.Context(), token, now); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
			t.Errorf("Verify(%q) = %v, want unauthenticated", token, err)
		}
	})
}

func BenchmarkVerifyPassword(b *testing.B) {
	h := newHasher(1, time.Second)
	phc := h.hashHeld("correct horse battery")
	for b.Loop() {
		h.verifyHeld(phc, "wrong horse battery")
	}
}

func BenchmarkParseAccessToken(b *testing.B) {
	key, err := generateKey()
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	key.CreatedAt = now
	p, err := New(Config{Store: keyStore{key: key}, Mailer: mail.NewMailbox(nil), Issuer: "https://cruddur.example"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.Close(context.Background()) })
	signer, err := p.keys.signer(b.Context(), now)
	if err != nil {
		b.Fatal(err)
	}
	good, err := p.issue(signer, cruddur.TokenFamily{UUID: cruddur.MaxUUID, Account: cruddur.MaxUUID, CreatedAt: now}, "", now)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.parseSigned(b.Context(), good.Access); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.parse(b.Context(), good.Access, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
