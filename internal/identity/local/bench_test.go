package local_test

import (
	"testing"

	"cruddur"
)

// BenchmarkCreate is what a post costs below HTTP: the token's check, which tells the author, and the insert.
func BenchmarkCreate(b *testing.B) {
	w := newWorld(b)
	s := w.member(b, "ada")
	tokens, err := w.SignIn(b.Context(), s.Email, s.Password, start)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		claims, err := w.Verify(b.Context(), tokens.Access, start)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.db.CreateActivity(b.Context(), claims.Member.UUID, "hello", cruddur.TTL("7-days"), start); err != nil {
			b.Fatal(err)
		}
	}
}
