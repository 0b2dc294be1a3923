package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

// One issuer is current, those before it keep the time of their end, and one can come back.
func TestIssuers(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	for i, c := range []struct {
		name    string
		replace bool
		want    string // the names, each with the hours after now of its end
	}{
		{"a", false, "a"},
		{"b", false, "a"},
		{"b", true, "b a1"},
		{"c", true, "c b2 a1"},
		{"c", true, "c b2 a1"},
		{"a", true, "a c4 b2"},
	} {
		at := now.Add(time.Duration(i-1) * time.Hour)
		_, err := db.NameIssuer(ctx, c.name, c.replace, at)
		must(t, err)
		list, err := db.Issuers(ctx)
		must(t, err)
		var got string
		for n, issuer := range list {
			if n > 0 {
				got += " "
			}
			if got += issuer.Name; !issuer.EndedAt.IsZero() {
				got += fmt.Sprint(int(issuer.EndedAt.Sub(now).Hours()))
			}
		}
		if got != c.want {
			t.Errorf("after %q: %q, want %q", c.name, got, c.want)
		}
	}
}

// Keys come newest first; the rotation leaves the newest alone.
func TestKeys(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	for n := range 3 {
		at := now.Add(time.Duration(n) * time.Hour)
		_, err := db.EnsureSigningKey(ctx, at.Add(-time.Minute), at, func() (cruddur.SigningKey, error) {
			return cruddur.SigningKey{ID: fmt.Sprint("key ", n), PrivateKey: hash(byte(n))}, nil
		})
		must(t, err)
	}
	kept, err := db.EnsureSigningKey(ctx, now, now.Add(3*time.Hour), func() (cruddur.SigningKey, error) {
		t.Error("a key is made although there is a younger one")
		return cruddur.SigningKey{}, nil
	})
	must(t, err)
	var got []string
	for _, k := range kept {
		got = append(got, k.ID)
	}
	wantTexts(t, "the keys", got, nil, "key 2", "key 1", "key 0")
	if n, err := db.DropOtherSigningKeys(ctx, "key 2"); err != nil || n != 2 {
		t.Errorf("DropOtherSigningKeys() = %d, %v, want 2", n, err)
	}
	if left, err := db.SigningKeys(ctx); err != nil || len(left) != 1 || left[0].ID != "key 2" {
		t.Errorf("left are %v, %v", left, err)
	}
}
