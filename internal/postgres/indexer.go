package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Indexer stores the words and tags of activities that came without: by a script, by an older version, or before
// the tables of the search existed. Nothing marks them, so that those who post pay nothing: it walks through all
// activities, the newest first, again and again. It does the same for the words of members' names.
type Indexer struct {
	db *DB

	mu    sync.Mutex
	place cruddur.UUID  // the walk goes on before it; the nil UUID: a new walk
	took  time.Duration // of the walk so far
	ended time.Time     // when the last walk ended
	rest  time.Duration // before the next
}

// The indexer rests fifty times as long as a walk took, so that it uses two hundredths of one connection.
const (
	restPerWalk = 50
	maxRest     = 10 * time.Minute
)

// Indexer returns an indexer that begins with the newest activity.
func (d *DB) Indexer() *Indexer { return &Indexer{db: d} }

// Index indexes at most batch activities, or batch names, and returns how many; fewer than batch means that
// nothing more is left for now.
func (x *Indexer) Index(ctx context.Context, _ time.Time, batch int) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.place.IsZero() {
		if time.Since(x.ended) < x.rest {
			return 0, nil
		}
		if n, err := x.names(ctx, batch); n >= batch || err != nil {
			return n, err
		}
		x.place, x.took = cruddur.MaxUUID, 0
	}
	begun := time.Now()
	defer func() { x.took += time.Since(begun) }()
	for done := 0; ctx.Err() == nil; {
		found, length, bottom, err := x.missing(ctx, batch)
		if err != nil {
			return 0, err
		}
		if len(found) == batch {
			bottom = found[batch-1].UUID
		}
		n, err := x.store(ctx, found)
		done += n
		switch {
		case err != nil:
			return 0, err
		case len(found) == batch:
			x.place = bottom
			return batch, nil
		case length < stretch:
			x.place, x.ended = cruddur.UUID{}, time.Now()
			x.rest = min(maxRest, restPerWalk*(x.took+time.Since(begun)))
			return min(done, batch-1), nil
		}
		x.place = bottom
	}
	return 0, ctx.Err()
}

// stretch is how many activities search/missing reads.
const stretch = 20000

// missing returns the activities without words in the next stretch, how many the stretch has, and its last one.
func (x *Indexer) missing(ctx context.Context, batch int) (found []cruddur.Activity, length int, bottom cruddur.UUID, err error) {
	_, err = queryAll(ctx, x.db.pool, mustStatement("search/missing"), args{"before": [16]byte(x.place), "batch": batch}, 0,
		func(rows pgx.Rows, _ *struct{}) error {
			var id nullUUID
			var message *string
			var warning nullText
			if err := rows.Scan(&length, (*nullUUID)(&bottom), &id, &message, &warning); err != nil || message == nil {
				return err
			}
			found = append(found, cruddur.Activity{UUID: cruddur.UUID(id), Message: *message, Warning: string(warning)})
			return nil
		})
	return found, length, bottom, err
}

func (x *Indexer) store(ctx context.Context, found []cruddur.Activity) (n int, err error) {
	if len(found) == 0 {
		return 0, nil
	}
	ids, words, tagPlaces, tags := make([][16]byte, len(found)), make([]string, len(found)), []int64{}, []string{}
	for i, a := range found {
		ids[i], words[i] = a.UUID, cruddur.WordsOf(a.Message, a.Warning)
		for _, tag := range cruddur.Hashtags(a.Message) {
			tagPlaces, tags = append(tagPlaces, int64(i+1)), append(tags, tag)
		}
	}
	err = x.db.inBackground(ctx, func(tx pgx.Tx) error {
		return queryRowIn(ctx, tx, mustStatement("search/add"), args{"uuids": ids, "words": words, "tag_places": tagPlaces, "tags": tags}, &n)
	})
	return n, err
}

// names indexes display names.
func (x *Indexer) names(ctx context.Context, batch int) (n int, err error) {
	list, err := queryAll(ctx, x.db.pool, mustStatement("search/missing_names"), args{"batch": batch}, 0,
		func(rows pgx.Rows, u *cruddur.User) error { return rows.Scan((*[16]byte)(&u.UUID), &u.DisplayName) })
	if err != nil || len(list) == 0 {
		return 0, err
	}
	err = x.db.inBackground(ctx, func(tx pgx.Tx) (err error) {
		n, err = addNames(ctx, tx, list)
		return err
	})
	return n, err
}

// inBackground runs fn in a transaction that waits for nobody, and whose commit does not wait for the disk: what
// a crash undoes is done again.
func (d *DB) inBackground(ctx context.Context, fn func(pgx.Tx) error) error {
	return d.transact(ctx, func(tx pgx.Tx) error {
		var s string
		if err := queryRowIn(ctx, tx, mustStatement("activities/sweep_settings"), nil, &s, &s, &s, &s); err != nil {
			return err
		}
		return fn(tx)
	})
}

// addNames stores the words of members' display names.
func addNames(ctx context.Context, q querier, list []cruddur.User) (n int, err error) {
	ids, names, words := make([][16]byte, len(list)), make([]string, len(list)), make([]string, len(list))
	for i, u := range list {
		ids[i], names[i], words[i] = u.UUID, u.DisplayName, cruddur.Words(u.DisplayName)
	}
	err = queryRowIn(ctx, q, mustStatement("search/add_names"), args{"uuids": ids, "display_names": names, "words": words}, &n)
	return n, err
}
