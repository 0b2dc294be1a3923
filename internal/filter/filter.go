// Package filter leaves out of what a member reads whom the member has muted or blocked, and who has blocked the
// member. It stands between the database and those who answer requests, so that no page can forget it. Who ignores
// nobody passes without cost.
package filter

import (
	"context"
	"time"

	"cruddur"
	"cruddur/internal/postgres"
)

type key struct{}

// With returns a context whose reads leave out some members, and nobody else.
func With(ctx context.Context, ignored *cruddur.Ignored) context.Context {
	if ignored.Empty() {
		if Of(ctx) == nil {
			return ctx
		}
		ignored = nil
	}
	return context.WithValue(ctx, key{}, ignored)
}

// Of returns whom the reads of a context leave out; nil: nobody.
func Of(ctx context.Context) *cruddur.Ignored {
	ignored, _ := ctx.Value(key{}).(*cruddur.Ignored)
	return ignored
}

// Homes provides the home feed.
type Homes interface {
	Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)
}

// Feed is a home feed without whom its reader ignores.
type Feed struct {
	Homes
	Store Store
}

// Home is that of the feed within.
func (f Feed) Home(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return f.Store.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return f.Homes.Home(ctx, before, limit, now)
	})
}

// Store is the database without whom its reader ignores. What it does not mention is that of the database.
type Store struct{ *postgres.DB }

// fill reads a page, leaves out what its reader does not see, and fills it up from the next rows: a full page has the
// length that was asked for, as without a filter. Somebody who writes much may be muted, so what follows is read in the
// longest pages that there are.
func fill[T any](before cruddur.UUID, limit int, read func(before cruddur.UUID, limit int) ([]T, error), hidden func(*T) bool, place func(*T) cruddur.UUID) ([]T, error) {
	seen := make([]T, 0, limit)
	for asked := limit; ; asked = max(limit, cruddur.MaxPageSize) {
		list, err := read(before, asked)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if len(seen) < limit && !hidden(&list[i]) {
				seen = append(seen, list[i])
			}
		}
		if len(seen) == limit || len(list) < asked {
			return seen, nil
		}
		before = place(&list[len(list)-1])
	}
}

// page is fill for activities, with numbers that leave out the ignored.
func (s Store) page(ctx context.Context, before cruddur.UUID, limit int, now time.Time, read func(before cruddur.UUID, limit int) ([]cruddur.Activity, error)) ([]cruddur.Activity, error) {
	ignored := Of(ctx)
	if ignored == nil {
		return read(before, limit)
	}
	list, err := fill(before, limit, read, ignored.Hides, (*cruddur.Activity).Cursor)
	if err != nil {
		return nil, err
	}
	return s.Without(ctx, ignored, list, now)
}

// people is fill for members. Lists of members leave out only blocked ones: to see a name is not to be spoken to.
func people(ctx context.Context, before cruddur.UUID, limit int, read func(before cruddur.UUID, limit int) ([]cruddur.Person, error)) ([]cruddur.Person, error) {
	ignored := Of(ctx)
	if ignored == nil {
		return read(before, limit)
	}
	return fill(before, limit, read,
		func(p *cruddur.Person) bool { return ignored.Of(p.UUID).Apart() },
		func(p *cruddur.Person) cruddur.UUID { return p.Place })
}

// one takes out of an activity's numbers what its reader does not see. If it is by somebody who is apart from the
// reader, there is none.
func (s Store) one(ctx context.Context, a cruddur.Activity, err error, now time.Time) (cruddur.Activity, error) {
	ignored := Of(ctx)
	if err != nil || ignored == nil {
		return a, err
	}
	if ignored.Of(a.UserUUID).Apart() {
		return cruddur.Activity{}, cruddur.NewError(cruddur.KindNotFound)
	}
	list, err := s.Without(ctx, ignored, []cruddur.Activity{a}, now)
	if err != nil {
		return cruddur.Activity{}, err
	}
	return list[0], nil
}

// reach returns an error if a member must not touch an activity, because its author is apart from them.
func (s Store) reach(ctx context.Context, id cruddur.UUID, now time.Time) error {
	if Of(ctx) == nil {
		return nil
	}
	_, err := s.Activity(ctx, id, now)
	return err
}
