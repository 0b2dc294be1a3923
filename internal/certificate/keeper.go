// Package certificate gets, keeps and renews the certificate of one domain, from Let's Encrypt or from another
// authority that speaks ACME (RFC 8555). It must not listen by itself, and knows nothing of the place where
// certificates are kept: see Store.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"

	"cruddur"
)

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = acme.LetsEncryptURL

const (
	// renewBefore is how long before its end a certificate is renewed; one that lives for less than 90 days is
	// renewed when a third of its life is left.
	renewBefore = 30 * 24 * time.Hour
	// checkEvery is how often a server looks whether another one has renewed the certificate.
	checkEvery = time.Hour
	// orderTime is how long one order may take.
	orderTime = 5 * time.Minute
	// storeRetry is how long to wait for a store that does not answer.
	storeRetry = 5 * time.Second
	// lockName is the name of the lock under which certificates are ordered.
	lockName = "certificate"
)

// Store keeps private keys, certificates and challenges under names of at most 600 letters, digits, dots, hyphens
// and underscores. Servers that share a store share the certificate. Kept returns KindNotFound for an unknown name.
type Store interface {
	Kept(ctx context.Context, name string) ([]byte, error)
	Keep(ctx context.Context, name string, content []byte, now time.Time) error
	Forget(ctx context.Context, name string) error
}

// Locker runs fn while no other server of the same store holds the lock.
type Locker interface {
	WithLock(ctx context.Context, name string, fn func(ctx context.Context) error) error
}

// Config configures a Keeper.
type Config struct {
	Domain    string         // as ParseDomain returns it; no other name gets a certificate
	Email     string         // where the authority may write to, or ""
	Directory string         // the URL of the authority's directory
	Roots     *x509.CertPool // the authorities that the directory's own certificate may be from; nil for the system's
	Agent     string         // what the requests to the directory say of the program
	Log       *slog.Logger
}

// Keeper keeps the certificate of one domain. Its methods may be called at the same time.
type Keeper struct {
	c       Config
	now     func() time.Time
	pause   func(failures int, err error) time.Duration
	current atomic.Pointer[tls.Certificate]

	mu    sync.Mutex
	store Store // nil until Run

	// Only Run's goroutine uses these.
	failures int  // since the last success
	byALPN   bool // the next order is proved by tls-alpn-01 instead of http-01
	silent   bool // the store has failed, and the log says so already
}

// New returns a Keeper that has no certificate yet; Run gets it.
func New(c Config) *Keeper {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{c: c, now: time.Now, pause: pause}
}

// Run reads the certificate from the store, orders it if there is none, and renews it, until ctx ends. It reports
// failures to the log and tries again; what is there is served meanwhile.
func (k *Keeper) Run(ctx context.Context, store Store, locker Locker) {
	k.mu.Lock()
	k.store = store
	k.mu.Unlock()
	for ctx.Err() == nil {
		rest(ctx, k.check(ctx, locker))
	}
}

// rest waits for d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// check loads the certificate and orders a new one if it is time. It returns how long to wait for the next check.
func (k *Keeper) check(ctx context.Context, locker Locker) time.Duration {
	if err := k.load(ctx); err != nil {
		k.storeFailed(ctx, err)
		return storeRetry
	}
	if wait := k.untilRenewal(); wait > 0 {
		return min(wait, checkEvery)
	}
	if err := locker.WithLock(ctx, lockName, k.obtain); err != nil {
		k.storeFailed(ctx, err)
		return storeRetry
	}
	k.silent = false
	return 0
}

// storeFailed logs the first of several failures of the store.
func (k *Keeper) storeFailed(ctx context.Context, err error) {
	if ctx.Err() != nil || k.silent {
		return
	}
	k.silent = true
	k.c.Log.Warn("the certificate cannot be read or renewed now; trying again until it can", "domain", k.c.Domain, "err", err)
}

// load takes over the certificate of the store, if there is one that ends later than the one in use.
func (k *Keeper) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeRetry)
	defer cancel()
	content, err := k.kept(ctx, k.certificateName())
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	k.silent = false
	cert, err := decode(content, k.c.Domain)
	if err != nil {
		k.c.Log.Warn("the kept certificate cannot be used, so another one is ordered", "domain", k.c.Domain, "err", err)
		return nil
	}
	if before := k.current.Load(); before == nil || cert.Leaf.NotAfter.After(before.Leaf.NotAfter) {
		k.current.Store(cert)
		k.c.Log.Info("using the kept certificate", "domain", k.c.Domain, "until", cert.Leaf.NotAfter)
	}
	return nil
}

// untilRenewal returns how long the certificate in use needs no renewal: nothing or less if there is none.
func (k *Keeper) untilRenewal() time.Duration {
	cert := k.current.Load()
	if cert == nil {
		return 0
	}
	return renewAt(cert.Leaf).Sub(k.now())
}

// renewAt returns when a certificate should be renewed.
func renewAt(leaf *x509.Certificate) time.Time {
	return leaf.NotAfter.Add(-min(renewBefore, leaf.NotAfter.Sub(leaf.NotBefore)/3))
}

// obtain orders until there is a certificate that needs no renewal. It runs under the lock, so that servers that
// share the store order one after the other and wait together after a failure.
func (k *Keeper) obtain(ctx context.Context) error {
	for {
		if err := k.load(ctx); err != nil { // another server may have been quicker
			return err
		}
		if k.untilRenewal() > 0 {
			k.failures = 0
			return nil
		}
		err := k.order(ctx)
		if err == nil && k.untilRenewal() <= 0 {
			err = errors.New("the certificate that was just issued should be renewed already: is the clock of this machine right?")
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			k.failures = 0
			return nil
		}
		k.failures++
		wait := k.pause(k.failures, err)
		k.failed(err, wait)
		rest(ctx, wait)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// failed logs why an order has failed, and what is served meanwhile.
func (k *Keeper) failed(err error, again time.Duration) {
	args := []any{"domain", k.c.Domain, "directory", k.c.Directory, "again_in", again.Round(time.Second), "err", err}
	if cert := k.current.Load(); cert != nil && k.now().Before(cert.Leaf.NotAfter) {
		k.c.Log.Warn("the certificate was not renewed; the kept one is served until its end", append(args, "until", cert.Leaf.NotAfter)...)
		return
	}
	k.c.Log.Error("there is no certificate, so the pages cannot be reached by https", args...)
}

// The pauses after failures. Let's Encrypt allows five refused proofs of a name in an hour, and blocks whoever
// goes on asking (letsencrypt.org/docs/rate-limits); a directory that cannot be reached counts nothing.
var (
	refusedPauses = []time.Duration{time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour}
	awayPauses    = []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}
)

// pause returns how long to wait after a number of failures in a row, of which err is the last.
func pause(failures int, err error) time.Duration {
	pauses := awayPauses
	if refused(err) {
		pauses = refusedPauses
	}
	wait := pauses[min(failures, len(pauses))-1]
	if after, limited := acme.RateLimit(err); limited {
		wait = max(wait, after, time.Hour)
	}
	return wait
}

// refused reports whether the authority has answered and said no. An error of the authority itself (5xx) is not
// a refusal.
func refused(err error) bool {
	if _, ok := errors.AsType[*acme.AuthorizationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*acme.OrderError](err); ok {
		return true
	}
	e, ok := errors.AsType[*acme.Error](err)
	return ok && e.StatusCode < 500
}

func (k *Keeper) kept(ctx context.Context, name string) ([]byte, error) {
	k.mu.Lock()
	store := k.store
	k.mu.Unlock()
	if store == nil {
		return nil, cruddur.NewError(cruddur.KindNotFound)
	}
	return store.Kept(ctx, name)
}
