package postgres

import (
	"context"
	"time"

	"cruddur"
)

// Watcher is told of this process's own writes to what a feed shows, after they are committed and before the
// method that made them returns. It must not block.
type Watcher interface {
	Created(cruddur.Activity)
	Deleted(cruddur.UUID)
	// Updated reports an activity whose counters or end have changed, as it was read after the write. Of two
	// reports of one activity, the one with the greater number knows of every write that the other knows of,
	// whichever comes first.
	Updated(a cruddur.Activity, number uint64)
	Changed() // any other write, or one whose outcome is unknown
}

// Watch registers w for every write from now on, beside those that are registered already. It is called before the
// database is used.
func (d *DB) Watch(w Watcher) { d.watchers = append(d.watchers, w) }

// reread reports an activity as it is now, after a write has changed its counters or its end. One that is not
// visible is reported as deleted.
func (d *DB) reread(ctx context.Context, id cruddur.UUID, now time.Time) {
	if len(d.watchers) == 0 {
		return
	}
	number := d.reports.Add(1) // after the commit and before the read
	a, err := d.Activity(context.WithoutCancel(ctx), id, now)
	switch {
	case err == nil:
		d.tell(nil, func(w Watcher) { w.Updated(a, number) })
	case cruddur.KindOf(err) == cruddur.KindNotFound:
		d.tell(nil, func(w Watcher) { w.Deleted(id) })
	default:
		d.tell(nil, Watcher.Changed)
	}
}

// tell reports a write to the watchers. A write that failed because the database was unavailable may have been
// committed all the same; a write that was refused was not.
func (d *DB) tell(err error, done func(Watcher)) {
	kind := cruddur.KindOf(err)
	for _, w := range d.watchers {
		if err == nil {
			done(w)
		} else if kind == cruddur.KindUnavailable || kind == cruddur.KindInternal {
			w.Changed()
		}
	}
}
