package postgres

import (
	"context"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// peoplePages are the statements that return members, a page at a time.
var (
	likerPages     = pages("likes/members")
	reposterPages  = pages("reposts/members")
	followerPages  = pages("follows/followers")
	followingPages = pages("follows/following")
	suggestedPages = pages("follows/suggested")

	likedByPages       = pages("activities/liked_by")
	followingFewPages  = pages("activities/following_few")
	followingManyPages = pages("activities/following_many")
)

// Follow lets a member follow another (on) or no longer follow them. It may be repeated. A member who is
// suspended or does not exist, or one of whom blocks the other, is KindNotFound; oneself is follow_oneself.
func (d *DB) Follow(ctx context.Context, follower, followed cruddur.UUID, on bool, now time.Time) error {
	pair := args{"follower_uuid": [16]byte(follower), "followed_uuid": [16]byte(followed)}
	if follower == followed {
		return cruddur.Invalid("handle", "follow_oneself")
	}
	hold := holdPair(follower, followed)
	if !on {
		return d.pool.atOnce(ctx, hold, step{s: mustStatement("follows/remove"), args: pair})
	}
	pair["now"] = micro(now)
	var found, added bool
	err := d.pool.atOnce(ctx, hold, one("follows/add", pair, &found, &added))
	if err == nil && !found {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return classify(err)
}

// holdPair goes before whatever binds two members to each other or parts them.
func holdPair(a, b cruddur.UUID) step {
	return step{s: mustStatement("members/hold_pair"), args: args{"first_uuid": [16]byte(a), "second_uuid": [16]byte(b)}}
}

// Likers returns the members who like an activity that is visible at now, newest first, in pages like Home's;
// the cursor is a Person's Place.
func (d *DB) Likers(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return d.people(ctx, limit, likerPages, args{"activity_uuid": [16]byte(activity), "before": cursor(before), "now": now})
}

// Reposters returns the members who have reposted an activity, as Likers does.
func (d *DB) Reposters(ctx context.Context, activity, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return d.people(ctx, limit, reposterPages, args{"activity_uuid": [16]byte(activity), "before": cursor(before), "now": now})
}

// Followers returns the members who follow a member, newest first, in pages like Home's; the cursor is a
// Person's Place.
func (d *DB) Followers(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error) {
	return d.people(ctx, limit, followerPages, args{"user_uuid": [16]byte(user), "before": cursor(before)})
}

// Following returns the members whom a member follows, as Followers does.
func (d *DB) Following(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error) {
	return d.people(ctx, limit, followingPages, args{"user_uuid": [16]byte(user), "before": cursor(before)})
}

// Suggested returns at most limit members worth following for a member.
func (d *DB) Suggested(ctx context.Context, viewer cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error) {
	return d.people(ctx, limit, suggestedPages, args{"viewer_uuid": [16]byte(viewer), "now": now})
}

func (d *DB) people(ctx context.Context, limit int, p pageStatements, a args) ([]cruddur.Person, error) {
	list, err := pipelined(ctx, d.reads, p[cruddur.PageSlot(limit)], a, func(rows pgx.Rows, out *[]cruddur.Person) error {
		*out = make([]cruddur.Person, 0, limit)
		for rows.Next() {
			var x cruddur.Person
			if err := rows.Scan((*[16]byte)(&x.UUID), &x.Handle, &x.DisplayName, &x.Bio, (*nullUUID)(&x.Avatar), (*[16]byte)(&x.Place)); err != nil {
				return err
			}
			*out = append(*out, x)
		}
		return rows.Err()
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// Ties says of each member in a list whether viewer follows them and whether they follow viewer. It changes
// the list.
func (d *DB) Ties(ctx context.Context, viewer cruddur.UUID, list []cruddur.Person) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([][16]byte, len(list))
	for i := range list {
		ids[i] = list[i].UUID
	}
	type tie struct {
		place                 int
		following, followedBy bool
	}
	ties, err := pipelined(ctx, d.reads, mustStatement("follows/of_viewer"), args{"viewer_uuid": [16]byte(viewer), "uuids": ids},
		func(rows pgx.Rows, out *[]tie) error {
			for rows.Next() {
				var t tie
				if err := rows.Scan(&t.place, &t.following, &t.followedBy); err != nil {
					return err
				}
				*out = append(*out, t)
			}
			return rows.Err()
		})
	for _, t := range ties {
		list[t.place-1].Following, list[t.place-1].FollowedBy = t.following, t.followedBy
	}
	return err
}

// LikedBy returns the activities that a member likes and that are visible at now, the newest like first, in
// pages like Home's; the cursor is an Activity's Cursor.
func (d *DB) LikedBy(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.placed(ctx, limit, likedByPages, args{"user_uuid": [16]byte(user), "before": cursor(before), "now": now}, false)
}

// A member's feed is read by walking the newest cruds of all members, or by merging the newest of each whom the
// member follows. The first is quick where those write much, the second where they are few or silent. A walk
// goes no further than about what the second way would read, so the two together cost about twice the better one.
const (
	fewFollowed  = 100  // the walk is not worth its query
	mostFollowed = 1000 // counted, so a walk ends after 8,000 rows
	walkPerOne   = 8    // rows that are walked for each followed member
)

// FollowingFeed returns the newest cruds by those whom a member follows and by the member, and what those
// reposted, older than a cursor (the nil UUID: from the newest on), each once for its newest reason. since is
// the greatest UUID of the time when the reader opened the feed: reposts after it do not move a crud, so that
// paging on misses none. The cursor is an Activity's Cursor.
func (d *DB) FollowingFeed(ctx context.Context, viewer, before, since cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	var following int
	err := d.queryRow(ctx, "follows/count", args{"user_uuid": [16]byte(viewer), "most": mostFollowed}, &following)
	if err != nil {
		return nil, err
	}
	page := cruddur.PageSizes[cruddur.PageSlot(limit)]
	a := args{"viewer_uuid": [16]byte(viewer), "before": cursor(before), "since": cursor(since), "now": now}
	if following > fewFollowed {
		walk := maps.Clone(a)
		walk["rows"], walk["page"] = following*walkPerOne, page
		list, err := d.placed(ctx, limit, followingManyPages, walk, true)
		if err != nil || len(list) == limit {
			return list, err
		}
	}
	// Twice a page, because what was reposted often is taken once. A page that is not full is read again from all.
	a["enough"] = 2 * page
	list, err := d.placed(ctx, limit, followingFewPages, a, true)
	if err != nil || len(list) == limit {
		return list, err
	}
	a["enough"] = nil
	return d.placed(ctx, limit, followingFewPages, a, true)
}

// placed reads activities whose place in the list is another row's.
func (d *DB) placed(ctx context.Context, limit int, p pageStatements, a args, reasons bool) ([]cruddur.Activity, error) {
	list, err := pipelined(ctx, d.reads, p[cruddur.PageSlot(limit)], a, func(rows pgx.Rows, out *[]cruddur.Activity) error {
		*out = make([]cruddur.Activity, 0, limit)
		for rows.Next() {
			var x cruddur.Activity
			var handle, name *string
			columns := append(activityColumns(&x), (*[16]byte)(&x.Place))
			if reasons {
				columns = append(columns, &handle, &name)
			}
			if err := rows.Scan(columns...); err != nil {
				return err
			}
			if handle != nil {
				x.RepostedBy, x.RepostedByName = *handle, *name
			}
			*out = append(*out, x)
		}
		return rows.Err()
	})
	if len(list) > limit {
		list = list[:limit]
	}
	return d.withPictures(ctx, list, a["now"].(time.Time), err)
}
