package local

import (
	"crypto/rsa"
	"crypto/sha256"
	"sync"
	"time"

	"cruddur"
)

// A signedToken is an access token whose signature and claims have been verified. Its times, its key and its family
// are checked at every use.
type signedToken struct {
	kid       string
	key       *rsa.PublicKey
	subject   string
	family    cruddur.UUID
	issuedAt  int64
	expiresAt int64
}

// signedTokens caches verified tokens by their SHA-256: checking a signature and reading the claims took three tenths
// of the processor time of a post (BenchmarkCreate). Only tokens signed by our keys are stored, so no stranger can
// fill it. The zero value is ready.
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

// keep stores a token. If the cache is full, it drops the expired tokens, or all if none has expired.
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
