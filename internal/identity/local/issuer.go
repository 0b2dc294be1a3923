package local

import (
	"context"
	"fmt"
	"time"

	"cruddur"
)

// The issuer of a token (iss) is the installation, not the server: all servers on one database sign with its keys,
// under one name. The first server sets the name, its own address; a later server changes it only if an operator has
// set BACKEND_URL. Tokens with a former name stay valid until they expire, and so do those that a server of an older
// version issued under its own address.

// Issuers stores the issuer names of the installation; *postgres.DB implements it.
type Issuers interface {
	// Issuers lists the names, the current one first.
	Issuers(ctx context.Context) ([]cruddur.Issuer, error)
	// NameIssuer makes a name the current one if there is none or, with replace, if there is another one.
	NameIssuer(ctx context.Context, name string, replace bool, now time.Time) ([]cruddur.Issuer, error)
}

// formerGrace is how long tokens may still be issued under a replaced name: a server uses it until it asks the
// database again.
const formerGrace = 2 * keysFresh

// issuer returns the name under which to sign at now.
func (r *keyring) issuer(ctx context.Context, now time.Time) (string, error) {
	if r.issuers == nil {
		return r.own, nil
	}
	if name, ok := r.current(); ok {
		return name, nil
	}
	r.reload.Lock()
	defer r.reload.Unlock()
	if name, ok := r.current(); ok {
		return name, nil
	}
	list, err := r.issuers.NameIssuer(ctx, r.own, r.named, now)
	if err != nil || len(list) == 0 {
		return "", fmt.Errorf("issuer: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(list) > 1 && list[0].Name == r.own && r.named {
		r.log.Info("tokens are issued under the name that BACKEND_URL has", "issuer", r.own, "before", list[1].Name)
	}
	r.names, r.settled = list, true
	return list[0].Name, nil
}

// current returns the installation's name, after this server has set its own if it may.
func (r *keyring) current() (string, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.names) == 0 || !r.names[0].EndedAt.IsZero() {
		return "", false
	}
	name := r.names[0].Name
	return name, r.settled || !r.named || name == r.own
}

// accepts reports whether a token that one of our keys signed at a given time may have this issuer name.
func (r *keyring) accepts(ctx context.Context, name string, signed time.Time) (bool, error) {
	if name == r.own || r.known(name, signed) {
		return true, nil
	}
	if r.issuers == nil {
		return false, nil
	}
	if err := r.refresh(ctx, keysPatient); err != nil {
		return false, err
	}
	return r.known(name, signed), nil
}

func (r *keyring) known(name string, signed time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, i := range r.names {
		if i.Name == name {
			return i.EndedAt.IsZero() || signed.Before(i.EndedAt.Add(formerGrace))
		}
	}
	return false
}
