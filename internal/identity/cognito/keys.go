package cognito

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// keysEvery is how often an unknown key id may make the pool be asked: a stranger can send as many
	// ids as they like.
	keysEvery = time.Minute
	// keysFresh is how long keys are used before they are read again, behind the answers.
	keysFresh   = 6 * time.Hour
	keysTimeout = 4 * time.Second
	maxKeys     = 1 << 20 // bytes of a key set
)

// keySet is the pool's public keys. They are kept through an outage of their address: a key that was
// good an hour ago is better than nobody signed in.
type keySet struct {
	url    string
	client *http.Client
	log    *slog.Logger

	mu     sync.Mutex
	byID   map[string]*rsa.PublicKey
	raw    []byte
	asked  time.Time     // when the address was asked last, whether or not it answered
	read   time.Time     // when the keys were read
	flight chan struct{} // closed when the asking that goes on is over
}

func newKeySet(url string, client *http.Client, log *slog.Logger) *keySet {
	return &keySet{url: url, client: client, log: log}
}

// key is the key of an id: from memory, unless the id is unknown and a minute has passed.
func (k *keySet) key(ctx context.Context, kid string, now time.Time) (*rsa.PublicKey, error) {
	k.mu.Lock()
	key, known := k.byID[kid]
	empty := k.byID == nil
	var wait chan struct{}
	switch {
	case known && now.Sub(k.read) > keysFresh && now.Sub(k.asked) >= keysEvery:
		k.ask(now)
	case !known && (k.asked.IsZero() || now.Sub(k.asked) >= keysEvery):
		k.ask(now)
		wait = k.flight
	case !known:
		wait = k.flight // somebody has just asked: the answer may hold it
	}
	k.mu.Unlock()
	if known {
		return key, nil
	}
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		k.mu.Lock()
		key, known = k.byID[kid]
		empty = k.byID == nil
		k.mu.Unlock()
	}
	switch {
	case known:
		return key, nil
	case empty:
		return nil, unavailable(5).Wrap(errors.New("the user pool's keys cannot be read"))
	default:
		return nil, errToken.Wrap(errors.New("no key of the user pool has this id"))
	}
}

// json is the key set as the pool gives it; it is asked for where there is none yet.
func (k *keySet) json(ctx context.Context) ([]byte, error) {
	k.mu.Lock()
	raw, wait := k.raw, k.flight
	if raw == nil && (k.asked.IsZero() || time.Since(k.asked) >= keysEvery) {
		k.ask(time.Now())
		wait = k.flight
	}
	k.mu.Unlock()
	if raw == nil && wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		k.mu.Lock()
		raw = k.raw
		k.mu.Unlock()
	}
	if raw == nil {
		return nil, unavailable(5).Wrap(errors.New("the user pool's keys cannot be read"))
	}
	return raw, nil
}

// ask reads the keys in the background, for one request must not end what others wait for. The caller
// holds mu.
func (k *keySet) ask(now time.Time) {
	if k.flight != nil {
		return
	}
	k.asked = now
	done := make(chan struct{})
	k.flight = done
	go func() {
		keys, raw, err := k.fetch()
		k.mu.Lock()
		if err == nil {
			k.byID, k.raw, k.read = keys, raw, now
		}
		k.flight = nil
		k.mu.Unlock()
		if err != nil {
			k.log.Error("the user pool's keys cannot be read", "url", k.url, "error", err.Error())
		}
		close(done)
	}()
}

func (k *keySet) fetch() (map[string]*rsa.PublicKey, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), keysTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, nil, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("status %s", res.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxKeys))
	if err != nil {
		return nil, nil, err
	}
	return parseKeys(raw)
}

// parseKeys takes the RSA keys for signing out of a key set. An answer without any is no key set: a
// proxy's page must not replace the keys that are there.
func parseKeys(raw []byte) (map[string]*rsa.PublicKey, []byte, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, one := range set.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(one, &k) != nil {
			continue // a kind of key that is not known here
		}
		if public, ok := k.Key.(*rsa.PublicKey); ok && k.KeyID != "" && k.Use != "enc" && public.N.BitLen() >= 2048 {
			keys[k.KeyID] = public
		}
	}
	if len(keys) == 0 {
		return nil, nil, errors.New("no RSA key for signing is in it")
	}
	return keys, raw, nil
}
