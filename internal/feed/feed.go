// Package feed answers the home feed. It is the place where the newest page will be kept in memory,
// right to the moment of expiry; today every read asks the database. It must not know HTML or JSON.
package feed

import (
	"context"
	"time"

	"cruddur"
)

// Store is what the feed reads from.
type Store interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Feed is the home feed of everybody.
type Feed struct{ store Store }

// New returns a feed over a store.
func New(store Store) *Feed { return &Feed{store} }

// Home is the newest cruds alive at now, from before a cursor; the nil UUID means the newest page.
func (f *Feed) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return f.store.Home(ctx, before, limit, now)
}
