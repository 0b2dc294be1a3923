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
	// keysEvery is the minimum time between two requests for the pool's keys because of an unknown key id: a stranger
	// can send any number of ids.
	keysEvery = time.Minute
	// keysFresh is the age at which keys are read again, in the background.
	keysFresh   = 6 * time.Hour
	keysTimeout = 4 * time.Second
	maxKeys     = 1 << 20 // bytes of a key set
)

// keySet is the pool's public keys. They are kept while their address is unreachable: it is better to accept a key
// that was valid an hour ago than to sign everybody out.
type keySet struct {
	url    string
	client *http.Client
	log    *slog.Logger

	mu     sync.Mutex
	byID   map[string]*rsa.PublicKey
	raw    []byte
	asked  time.Time     // time of the last request for the keys, successful or not
	read   time.Time     // when the keys were read
	flight chan struct{} // closed when the running request ends
}

func newKeySet(url string, client *http.Client, log *slog.Logger) *keySet {
	return &keySet{url: url, client: client, log: log}
}

// key returns the key with an id: from memory, unless the id is unknown and a minute has passed.
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
		wait = k.flight // a request is already running: its answer may have the key
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

// json returns the key set as the pool sends it, and requests it if there is none yet.
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

// ask reads the keys in the background, because the end of one client's request must not cancel what others wait for.
// The caller holds mu.
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

// parseKeys returns the RSA signing keys of a key set. An answer without any is an error: a proxy's page must not
// replace the existing keys.
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
			continue // an unsupported kind of key
		}
		if public, ok := k.Key.(*rsa.PublicKey); ok && k.KeyID != "" && k.Use != "enc" && public.N.BitLen() >= 2048 {
			keys[k.KeyID] = public
		}
	}
	if len(keys) == 0 {
		return nil, nil, errors.New("it has no RSA signing key")
	}
	return keys, raw, nil
}
