package local

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"
)

func TestSignedTokensAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	var s signedTokens
	hash := func(n int) [sha256.Size]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	fill := func(from, to int, expires time.Time) {
		for n := from; n < to; n++ {
			s.keep(hash(n), signedToken{expiresAt: expires.Unix()}, now)
		}
	}
	fill(0, maxSigned/2, now) // expired
	fill(maxSigned/2, maxSigned, now.Add(time.Hour))
	if _, ok := s.find(hash(0)); !ok || len(s.m) != maxSigned {
		t.Fatalf("%d tokens are remembered, want %d", len(s.m), maxSigned)
	}
	fill(maxSigned, maxSigned+1, now.Add(time.Hour))
	if len(s.m) != maxSigned/2+1 {
		t.Errorf("%d tokens are left, want those that have not expired", len(s.m))
	}
	fill(maxSigned+1, 3*maxSigned, now.Add(time.Hour))
	if _, ok := s.find(hash(3*maxSigned - 1)); !ok || len(s.m) > maxSigned {
		t.Errorf("%d tokens are remembered, and the last: %v", len(s.m), ok)
	}
}
