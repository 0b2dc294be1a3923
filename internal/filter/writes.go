package filter

import (
	"context"
	"time"

	"cruddur"
)

// Reply is ReplyWith for a text alone.
func (s Store) Reply(ctx context.Context, author, parent cruddur.UUID, key, message string, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	return s.ReplyWith(ctx, author, parent, cruddur.Draft{Message: message, TTL: ttl, Key: key}, now)
}

// ReplyWith is that of the database. Members who are apart do not answer each other.
func (s Store) ReplyWith(ctx context.Context, author, parent cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error) {
	if err := s.reach(ctx, parent, now); err != nil {
		return cruddur.Activity{}, err
	}
	return s.DB.ReplyWith(ctx, author, parent, draft, now)
}

// Like is that of the database, for what the member sees.
func (s Store) Like(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error) {
	if err := s.reach(ctx, activity, now); err != nil {
		return cruddur.Activity{}, err
	}
	a, err := s.DB.Like(ctx, user, activity, on, now)
	return s.one(ctx, a, err, now)
}

// Repost is as Like.
func (s Store) Repost(ctx context.Context, user, activity cruddur.UUID, on bool, now time.Time) (cruddur.Activity, error) {
	if err := s.reach(ctx, activity, now); err != nil {
		return cruddur.Activity{}, err
	}
	a, err := s.DB.Repost(ctx, user, activity, on, now)
	return s.one(ctx, a, err, now)
}

// Report is that of the database, for what the member sees.
func (s Store) Report(ctx context.Context, r cruddur.NewReport, now time.Time) (bool, error) {
	if r.Kind == cruddur.ActivityTarget {
		if err := s.reach(ctx, r.Target, now); err != nil {
			return false, err
		}
	}
	if r.Kind == cruddur.MemberTarget && Of(ctx).Of(r.Target)&cruddur.BlockedBy != 0 {
		return false, cruddur.NewError(cruddur.KindNotFound)
	}
	return s.DB.Report(ctx, r, now)
}

// DeleteActivity is as Like: it says of nothing that it is somebody else's, if it may not be seen.
func (s Store) DeleteActivity(ctx context.Context, id, user cruddur.UUID, now time.Time) error {
	if err := s.reach(ctx, id, now); err != nil {
		return err
	}
	return s.DB.DeleteActivity(ctx, id, user, now)
}

// MoveEnd is that of the database.
func (s Store) MoveEnd(ctx context.Context, id, user cruddur.UUID, ttl cruddur.TTL, now time.Time) (cruddur.Activity, error) {
	a, err := s.DB.MoveEnd(ctx, id, user, ttl, now)
	return s.one(ctx, a, err, now)
}
