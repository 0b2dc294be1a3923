package local

import (
	"crypto/rsa"
	"crypto/sha256"
	"sync"
	"time"

	"cruddur"
)

// A signedToken is an access token whose signature and claims have been found good. Its times, its key
// and whether its family lives are looked at with every use.
type signedToken struct {
	kid       string
	key       *rsa.PublicKey
	subject   string
	family    cruddur.UUID
	issuedAt  int64
	expiresAt int64
}

// signedTokens remembers good tokens by their SHA-256: checking a signature and reading the claims was
// three tenths of the processor time of a post (BenchmarkCreate). Only what a key of ours has signed gets
// in, so no stranger can fill it. The zero value is ready.
type signedTokens struct {
	mu sync.RWMutex
	m  map[[sha256.Size]byte]signedToken
}

const maxSigned = 10_000 // about 2 MB

func (s *signedTokens) find(hash [sha256.Size]byte) (signedToken, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.m[hash]
	return t, ok
}

// keep makes room, where there is none, by forgetting what has expired, and all if nothing has.
func (s *signedTokens) keep(hash [sha256.Size]byte, t signedToken, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.m) >= maxSigned {
		for h, old := range s.m {
			if now.Unix() >= old.expiresAt {
				delete(s.m, h)
			}
		}
		if len(s.m) >= maxSigned {
			clear(s.m)
		}
	}
	if s.m == nil {
		s.m = map[[sha256.Size]byte]signedToken{}
	}
	s.m[hash] = t
}
