// Package place keeps at hand what the host says about the place, because every request asks who may read. It must not
// know pages or routes.
package place

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"cruddur"
)

// Store is the part of the database that holds the place.
type Store interface {
	Place(ctx context.Context) (cruddur.Place, error)
	ChangePlace(ctx context.Context, change func(*cruddur.Place) error, actor string, now time.Time) (cruddur.Place, error)
}

// Life is how long what was read is believed. A change of another server is therefore seen within it.
const Life = time.Second

// timeout is how long a read may take; requests wait for it.
const timeout = 3 * time.Second

// Keeper reads the place at most once in Life.
type Keeper struct {
	store Store

	mu    sync.Mutex
	place cruddur.Place
	known bool
	at    time.Time
}

// New returns a keeper over a store.
func New(store Store) *Keeper { return &Keeper{store: store} }

// Get returns the place. If it cannot be read now, that is what was read last; an error means that it was never read,
// so nobody knows who may read.
func (k *Keeper) Get(ctx context.Context, now time.Time) (cruddur.Place, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known && now.Sub(k.at).Abs() < Life {
		return k.place, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout) // others wait for it
	defer cancel()
	p, err := k.store.Place(ctx)
	switch {
	case err == nil:
		k.place, k.known, k.at = p, true, now
	case !k.known:
		return p, err
	default:
		k.at = now // not every request should wait for a database that does not answer
	}
	return k.place, nil
}

// Forget makes the next Get read the place again: somebody has said that it has changed.
func (k *Keeper) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = time.Time{}
}

// Change changes the place, as ChangePlace does; domains may be written as people write them. Whoever asks this keeper
// afterwards gets the new place.
func (k *Keeper) Change(ctx context.Context, change func(*cruddur.Place) error, actor string, now time.Time) (cruddur.Place, error) {
	p, err := k.store.ChangePlace(ctx, func(p *cruddur.Place) error {
		if err := change(p); err != nil {
			return err
		}
		var err error
		p.Domains, err = Domains(p.Domains)
		return err
	}, actor, now)
	if err == nil {
		k.mu.Lock()
		k.place, k.known, k.at = p, true, now
		k.mu.Unlock()
	}
	return p, err
}

// Domains returns domains as they stand in the addresses of mails: in ASCII (IDNA 2008, RFC 5891), "zürich.example" as
// "xn--zrich-kva.example". domain_invalid: one of them is none.
func Domains(list []string) ([]string, error) {
	out := make([]string, 0, len(list))
	for _, d := range list {
		d = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(d), "@"), ".")
		host, wild := strings.CutPrefix(d, "*.")
		if host == "" {
			continue
		}
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return nil, cruddur.Invalid("domains", "domain_invalid").Wrap(err)
		}
		if wild {
			ascii = "*." + ascii
		}
		out = append(out, ascii)
	}
	return out, nil
}

// Written returns a domain as people write it.
func Written(domain string) string {
	host, wild := strings.CutPrefix(domain, "*.")
	if written, err := idna.Display.ToUnicode(host); err == nil {
		host = written
	}
	if wild {
		return "*." + host
	}
	return host
}
