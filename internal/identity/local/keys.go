package local

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cruddur"
)

// A keyring caches the signing keys of the database in memory. It reads them again once a minute, so that a deleted
// key becomes invalid, and at most once a second for an unknown key, so that invented key ids do not cost a query
// each.
type keyring struct {
	store   Store
	issuers Issuers // nil: tokens have this server's own issuer name
	own     string  // this server's name
	named   bool    // an operator has named it
	log     *slog.Logger
	mu      sync.RWMutex
	keys    []signingKey // newest first
	names   []cruddur.Issuer
	settled bool // this server has set the installation's name, if it may
	loaded  time.Time
	reload  sync.Mutex
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
	created time.Time
	issuer  string // the issuer name; only in the result of signer
}

const (
	keyBits     = 2048
	keysFresh   = time.Minute
	keysPatient = time.Second
)

// signer returns the key that signs at now, and the issuer name. It makes a new key if none is young enough.
func (r *keyring) signer(ctx context.Context, now time.Time) (signingKey, error) {
	if err := r.refresh(ctx, keysFresh); err != nil {
		return signingKey{}, err
	}
	name, err := r.issuer(ctx, now)
	if err != nil {
		return signingKey{}, err
	}
	k, err := r.young(ctx, now)
	k.issuer = name
	return k, err
}

// young returns the newest key. It makes a new key if none is young enough.
func (r *keyring) young(ctx context.Context, now time.Time) (signingKey, error) {
	since := now.Add(-keyLife)
	if k, ok := r.newest(); ok && k.created.After(since) {
		return k, nil
	}
	r.reload.Lock()
	defer r.reload.Unlock()
	if k, ok := r.newest(); ok && k.created.After(since) {
		return k, nil
	}
	stored, err := r.store.EnsureSigningKey(ctx, since, now, generateKey)
	if err == nil {
		err = r.keep(stored)
	}
	if err != nil {
		return signingKey{}, fmt.Errorf("signing key: %w", err)
	}
	k, _ := r.newest()
	return k, nil
}

// find returns the key with an id; ok is false if the database has none.
func (r *keyring) find(ctx context.Context, id string) (k signingKey, ok bool, err error) {
	if err := r.refresh(ctx, keysFresh); err != nil {
		return k, false, err
	}
	if k, ok = r.lookup(id); ok {
		return k, true, nil
	}
	if err := r.refresh(ctx, keysPatient); err != nil {
		return k, false, err
	}
	k, ok = r.lookup(id)
	return k, ok, nil
}

func (r *keyring) lookup(id string) (signingKey, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return signingKey{}, false
}

func (r *keyring) newest() (signingKey, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.keys) == 0 {
		return signingKey{}, false
	}
	return r.keys[0], true
}

func (r *keyring) stale(age time.Duration) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.keys) == 0 || time.Since(r.loaded) >= age
}

// refresh reads the keys from the database if the cached ones are older than age.
func (r *keyring) refresh(ctx context.Context, age time.Duration) error {
	if !r.stale(age) {
		return nil
	}
	r.reload.Lock()
	defer r.reload.Unlock()
	if !r.stale(age) {
		return nil
	}
	stored, err := r.store.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	if r.issuers != nil {
		names, err := r.issuers.Issuers(ctx)
		if err != nil {
			return fmt.Errorf("issuers: %w", err)
		}
		r.mu.Lock()
		r.names = names
		r.mu.Unlock()
	}
	return r.keep(stored)
}

func (r *keyring) keep(stored []cruddur.SigningKey) error {
	keys := make([]signingKey, 0, len(stored))
	for _, s := range stored {
		parsed, err := x509.ParsePKCS8PrivateKey(s.PrivateKey)
		private, ok := parsed.(*rsa.PrivateKey)
		if err != nil || !ok {
			return fmt.Errorf("signing key %s is not an RSA key", s.ID)
		}
		keys = append(keys, signingKey{id: s.ID, private: private, created: s.CreatedAt})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.loaded = keys, time.Now()
	return nil
}

// all returns the public keys.
func (r *keyring) all() jose.JSONWebKeySet {
	r.mu.RLock()
	defer r.mu.RUnlock()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range r.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Use: "sig", Algorithm: string(jose.RS256)})
	}
	return set
}

// generateKey makes a key whose id is its RFC 7638 thumbprint.
func generateKey() (cruddur.SigningKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return cruddur.SigningKey{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return cruddur.SigningKey{}, err
	}
	public := jose.JSONWebKey{Key: private.Public()}
	sum, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return cruddur.SigningKey{}, err
	}
	return cruddur.SigningKey{ID: base64.RawURLEncoding.EncodeToString(sum), PrivateKey: der}, nil
}
