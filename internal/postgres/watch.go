package postgres

import "cruddur"

// Watcher hears of this process's own writes to what a feed shows, once they are committed and before
// the method that made them returns. It must not block.
type Watcher interface {
	Created(cruddur.Activity)
	Deleted(cruddur.UUID)
	Changed() // anything else, or a write whose outcome is not known
}

// Watch makes w hear of every write from now on. It is called once, before the database is used.
func (d *DB) Watch(w Watcher) { d.watcher = w }

// tell tells the watcher of a write. One that failed for want of the database may have been committed
// all the same; one that was refused has not.
func (d *DB) tell(err error, done func(Watcher)) {
	if d.watcher == nil {
		return
	}
	if err == nil {
		done(d.watcher)
	} else if kind := cruddur.KindOf(err); kind == cruddur.KindUnavailable || kind == cruddur.KindInternal {
		d.watcher.Changed()
	}
}
