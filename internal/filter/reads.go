package filter

import (
	"context"
	"time"

	"cruddur"
)

// Activity is that of the database. What a muted member has written is there for who asks for it.
func (s Store) Activity(ctx context.Context, id cruddur.UUID, now time.Time) (cruddur.Activity, error) {
	a, err := s.DB.Activity(ctx, id, now)
	return s.one(ctx, a, err, now)
}

// Thread is that of the database without what its reader does not see, and without what hangs on that.
func (s Store) Thread(ctx context.Context, id, after cruddur.UUID, now time.Time) (cruddur.Thread, error) {
	t, err := s.DB.Thread(ctx, id, after, now)
	ignored := Of(ctx)
	if err != nil || ignored == nil {
		return t, err
	}
	if t.Activity, err = s.one(ctx, t.Activity, nil, now); err != nil {
		return cruddur.Thread{}, err
	}
	above := make([]cruddur.Activity, 0, len(t.Ancestors))
	for i := range t.Ancestors {
		if !ignored.Hides(&t.Ancestors[i]) {
			above = append(above, t.Ancestors[i])
		}
	}
	if t.Ancestors, err = s.Without(ctx, ignored, above, now); err != nil {
		return cruddur.Thread{}, err
	}
	more, err := s.fill(ctx, &t, after, now)
	if err != nil {
		return cruddur.Thread{}, err
	}
	if t.Total = len(t.Replies); more || !after.IsZero() {
		t.Total, err = s.CountBelow(ctx, id, now)
	}
	return t, err
}

// fill leaves out of a page of replies what its reader does not see, and what hangs on that, also on an earlier page,
// and fills the page up from the next replies. It reports whether there may be more.
func (s Store) fill(ctx context.Context, t *cruddur.Thread, after cruddur.UUID, now time.Time) (more bool, err error) {
	ignored, page := Of(ctx), t.Replies
	gone, seen := map[cruddur.UUID]bool{}, make([]cruddur.Activity, 0, len(page))
	if !after.IsZero() && len(page) > 0 {
		if gone, err = s.HiddenAbove(ctx, ignored, t.Activity.UUID, page, now); err != nil {
			return false, err
		}
	}
	for {
		more = len(page) == cruddur.ThreadPageSize
		for i := range page {
			a := &page[i]
			switch {
			case ignored.Hides(a) || gone[a.ReplyTo] || gone[a.UUID]:
				gone[a.UUID] = true
			case len(seen) < cruddur.ThreadPageSize:
				seen = append(seen, *a)
			default:
				more = true
			}
		}
		if !more || len(seen) == cruddur.ThreadPageSize {
			t.Replies, err = s.Without(ctx, ignored, seen, now)
			return more, err
		}
		next, err := s.DB.Thread(ctx, t.Activity.UUID, page[len(page)-1].UUID, now)
		if err != nil {
			return false, err
		}
		page = next.Replies
	}
}

// CountBelow is that of the database without what its reader does not see.
func (s Store) CountBelow(ctx context.Context, id cruddur.UUID, now time.Time) (int, error) {
	if ignored := Of(ctx); ignored != nil {
		return s.CountBelowWithout(ctx, ignored, id, now)
	}
	return s.DB.CountBelow(ctx, id, now)
}

// Authors is that of the database without who is apart from the reader.
func (s Store) Authors(ctx context.Context, ids []cruddur.UUID, now time.Time) (map[cruddur.UUID]string, error) {
	authors, err := s.DB.Authors(ctx, ids, now)
	if ignored := Of(ctx); ignored != nil {
		for id, handle := range authors {
			if ignored.OfHandle(handle).Apart() {
				delete(authors, id)
			}
		}
	}
	return authors, err
}

// Profile is that of the database. Who blocks the reader does not exist for them; whom the reader blocks is there, so
// that it can be undone.
func (s Store) Profile(ctx context.Context, handle string, now time.Time) (cruddur.Profile, error) {
	p, err := s.DB.Profile(ctx, handle, now)
	if err == nil && Of(ctx).Of(p.UUID)&(cruddur.Blocking|cruddur.BlockedBy) == cruddur.BlockedBy {
		return cruddur.Profile{}, cruddur.NewError(cruddur.KindNotFound)
	}
	return p, err
}

// Ties is that of the database, and says whom the reader mutes or blocks.
func (s Store) Ties(ctx context.Context, viewer cruddur.UUID, list []cruddur.Person) error {
	if ignored := Of(ctx); ignored != nil {
		for i := range list {
			list[i].Ignoring = ignored.Of(list[i].UUID)
		}
	}
	return s.DB.Ties(ctx, viewer, list)
}

// ActivitiesOf is that of the database; of a blocked member there is nothing, of a muted one everything.
func (s Store) ActivitiesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.by(ctx, user, before, limit, now, s.DB.ActivitiesOf)
}

// RepliesOf is as ActivitiesOf.
func (s Store) RepliesOf(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.by(ctx, user, before, limit, now, s.DB.RepliesOf)
}

type reader func(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error)

func (s Store) by(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time, read reader) ([]cruddur.Activity, error) {
	ignored := Of(ctx)
	if ignored.Of(user).Apart() {
		return nil, nil
	}
	list, err := read(ctx, user, before, limit, now)
	if err != nil || ignored == nil {
		return list, err
	}
	return s.Without(ctx, ignored, list, now)
}

// LikedBy is that of the database without whom its reader ignores.
func (s Store) LikedBy(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	if Of(ctx).Of(user).Apart() {
		return nil, nil
	}
	return s.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return s.DB.LikedBy(ctx, user, before, limit, now)
	})
}

// FollowingFeed is that of the database without whom its reader ignores.
func (s Store) FollowingFeed(ctx context.Context, viewer, before, since cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return s.DB.FollowingFeed(ctx, viewer, before, since, limit, now)
	})
}

// Search is that of the database without whom its reader ignores.
func (s Store) Search(ctx context.Context, term cruddur.Search, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return s.DB.Search(ctx, term, before, limit, now)
	})
}

// Tagged is that of the database without whom its reader ignores.
func (s Store) Tagged(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return s.DB.Tagged(ctx, tag, before, limit, now)
	})
}

// TaggedRoots is as Tagged.
func (s Store) TaggedRoots(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return s.page(ctx, before, limit, now, func(before cruddur.UUID, limit int) ([]cruddur.Activity, error) {
		return s.DB.TaggedRoots(ctx, tag, before, limit, now)
	})
}

// Likers is that of the database without who is apart from the reader.
func (s Store) Likers(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return s.markers(ctx, activity, before, limit, now, s.DB.Likers)
}

// Reposters is as Likers.
func (s Store) Reposters(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return s.markers(ctx, activity, before, limit, now, s.DB.Reposters)
}

type markers func(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)

func (s Store) markers(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time, read markers) ([]cruddur.Person, error) {
	if err := s.reach(ctx, activity, now); err != nil {
		return nil, err
	}
	return people(ctx, before, limit, func(before cruddur.UUID, limit int) ([]cruddur.Person, error) {
		return read(ctx, activity, before, limit, now)
	})
}

// Followers is that of the database without who is apart from the reader.
func (s Store) Followers(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error) {
	if Of(ctx).Of(user).Apart() {
		return nil, nil
	}
	return people(ctx, before, limit, func(before cruddur.UUID, limit int) ([]cruddur.Person, error) {
		return s.DB.Followers(ctx, user, before, limit)
	})
}

// Following is as Followers.
func (s Store) Following(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error) {
	if Of(ctx).Of(user).Apart() {
		return nil, nil
	}
	return people(ctx, before, limit, func(before cruddur.UUID, limit int) ([]cruddur.Person, error) {
		return s.DB.Following(ctx, user, before, limit)
	})
}

// Suggested is that of the database without whom the reader ignores.
func (s Store) Suggested(ctx context.Context, viewer cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	list, err := s.DB.Suggested(ctx, viewer, limit, now)
	return without(ctx, list, func(i cruddur.Ignoring) bool { return i != 0 }), err
}

// SearchMembers is that of the database without who is apart from the reader.
func (s Store) SearchMembers(ctx context.Context, term cruddur.Search) ([]cruddur.Person, error) {
	list, err := s.DB.SearchMembers(ctx, term)
	return without(ctx, list, cruddur.Ignoring.Apart), err
}

func without(ctx context.Context, list []cruddur.Person, hidden func(cruddur.Ignoring) bool) []cruddur.Person {
	ignored := Of(ctx)
	if ignored == nil {
		return list
	}
	seen := make([]cruddur.Person, 0, len(list))
	for _, p := range list {
		if !hidden(ignored.Of(p.UUID)) {
			seen = append(seen, p)
		}
	}
	return seen
}
