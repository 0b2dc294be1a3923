package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

var (
	searchPages      = pages("activities/search")
	newestFoundPages = pages("activities/search_newest")
	taggedPages      = pages("tags/activities")
	taggedRootsPages = pages("tags/roots")
)

// Tagged returns the newest activities with a tag, in its normal form, that are visible at now, in pages like
// Home's; replies are among them. Those of silenced members are not: like the home feed, a tag shows strangers to
// each other.
func (d *DB) Tagged(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, taggedPages, args{"tag": tag, "before": cursor(before), "now": now})
}

// TaggedRoots is Tagged without replies.
func (d *DB) TaggedRoots(ctx context.Context, tag string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	return d.activities(ctx, limit, taggedRootsPages, args{"tag": tag, "before": cursor(before), "now": now})
}

// Search returns the newest activities that match and are visible at now, in pages like Home's; replies are
// among them. Those of silenced members are found only if the term names the member (from:).
func (d *DB) Search(ctx context.Context, s cruddur.Search, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	switch {
	case s.Empty():
		return []cruddur.Activity{}, nil
	case len(s.From) > 0:
		return d.searchBy(ctx, s, before, limit, now)
	}
	list, err := d.activities(ctx, limit, newestFoundPages, args{"query": s.Query, "before": cursor(before), "now": now})
	if err != nil || len(list) == limit {
		return list, err
	}
	return d.searchAll(ctx, s.Query, before, limit, now)
}

// searchBy searches what some members have written.
func (d *DB) searchBy(ctx context.Context, s cruddur.Search, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	list := []cruddur.Activity{}
	err := d.custom(ctx, func(tx pgx.Tx) error {
		authors, err := authorsOf(ctx, tx, s.From)
		if err != nil || len(authors) == 0 {
			return err
		}
		rows, err := queryIn(ctx, tx, searchPages[cruddur.PageSlot(limit)], args{
			"query": nullable(s.Query), "authors": authors, "before": cursor(before), "now": now,
		})
		if err != nil {
			return err
		}
		defer rows.Close()
		return scanActivities(rows, &list)
	})
	return d.withPictures(ctx, list[:min(limit, len(list))], now, err)
}

// mostMatching is the length of a page of search/matching.
const mostMatching = 200

// searchAll finds a page by the index of words. Some of what matches may not be visible, so it goes on until the
// page is full.
func (d *DB) searchAll(ctx context.Context, query string, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Activity, error) {
	list := []cruddur.Activity{}
	for at := cursor(before); ; {
		matching, err := d.matching(ctx, query, at)
		if err != nil {
			return nil, err
		}
		shown, err := d.list(ctx, "activities/those", args{"uuids": matching, "now": now})
		if err != nil {
			return nil, err
		}
		for i := range shown {
			if !shown[i].Silenced {
				list = append(list, shown[i])
			}
		}
		if len(list) >= limit || len(matching) < mostMatching {
			return list[:min(limit, len(list))], nil
		}
		at = matching[len(matching)-1]
	}
}

// matching returns the newest activities that match a query, visible or not.
func (d *DB) matching(ctx context.Context, query string, before [16]byte) (list [][16]byte, err error) {
	err = d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("settings/plan_bitmap"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		list, err = queryAll(ctx, tx, mustStatement("search/matching"), args{"query": query, "before": before}, 0,
			func(rows pgx.Rows, id *[16]byte) error { return rows.Scan(id) })
		return err
	})
	return list, err
}

// authorsOf returns the members with some handles. They are looked up first, because the search is planned for how
// many cruds its members have.
func authorsOf(ctx context.Context, tx pgx.Tx, handles []string) ([][16]byte, error) {
	return queryAll(ctx, tx, mustStatement("users/by_handles"), args{"handles": handles}, len(handles),
		func(rows pgx.Rows, id *[16]byte) error { return rows.Scan(id) })
}

// custom runs fn in a transaction in which each statement is planned for its arguments.
func (d *DB) custom(ctx context.Context, fn func(pgx.Tx) error) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		if err := queryRowIn(ctx, tx, mustStatement("settings/plan_custom"), nil, new(string)); err != nil {
			return err
		}
		return fn(tx)
	})
}

// queryIn runs a statement whose rows the caller reads and closes.
func queryIn(ctx context.Context, q querier, s *statement, a args) (pgx.Rows, error) {
	values, err := s.bind(a)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, s.text, values...) //nolint:rowserrcheck // the caller reads the rows
	return rows, s.wrap(err)
}

// SearchMembers returns at most cruddur.MostFound members who are not suspended and whose handle or display
// name matches.
func (d *DB) SearchMembers(ctx context.Context, s cruddur.Search) ([]cruddur.Person, error) {
	if s.Start == "" && s.Names == "" {
		return nil, nil
	}
	var list []cruddur.Person
	err := d.custom(ctx, func(tx pgx.Tx) (err error) {
		list, err = queryAll(ctx, tx, mustStatement("users/search"), args{"start": nullable(s.Start), "names": nullable(s.Names)}, cruddur.MostFound,
			func(rows pgx.Rows, x *cruddur.Person) error {
				return rows.Scan((*[16]byte)(&x.UUID), &x.Handle, &x.DisplayName, &x.Bio, (*nullUUID)(&x.Avatar), (*[16]byte)(&x.Place))
			})
		return err
	})
	return list, err
}

// SearchTags returns at most cruddur.MostFound tags that begin like the term, of activities that are visible at
// now.
func (d *DB) SearchTags(ctx context.Context, s cruddur.Search, now time.Time) ([]cruddur.Trend, error) {
	if s.Tag == "" {
		return nil, nil
	}
	return queryAll(ctx, d.pool, mustStatement("tags/starting"), args{"start": s.Tag, "now": now}, cruddur.MostFound,
		func(rows pgx.Rows, x *cruddur.Trend) error { return rows.Scan(&x.Tag, &x.Authors) })
}

// TrendingTags returns the tags that members talk about at now, the strongest first.
func (d *DB) TrendingTags(ctx context.Context, now time.Time) ([]string, error) {
	return queryAll(ctx, d.pool, mustStatement("tags/trending"), args{"now": now}, cruddur.MostTrends,
		func(rows pgx.Rows, tag *string) error { return rows.Scan(tag) })
}

// TagAuthors returns, for each of some tags, until when the activities of each member live who used it in its
// newest hundred activities that are visible at now.
func (d *DB) TagAuthors(ctx context.Context, tags []string, now time.Time) ([][]time.Time, error) {
	out := make([][]time.Time, len(tags))
	_, err := queryAll(ctx, d.pool, mustStatement("tags/authors"), args{"tags": tags, "now": now}, 0,
		func(rows pgx.Rows, _ *struct{}) error {
			var place int
			var until time.Time
			if err := rows.Scan(&place, new([16]byte), &until); err != nil {
				return err
			}
			out[place-1] = append(out[place-1], until)
			return nil
		})
	return out, err
}
