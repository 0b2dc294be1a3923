package postgres

import "cruddur"

// Watcher is told of this process's own writes to what a feed shows, after they are committed and before the
// method that made them returns. It must not block.
type Watcher interface {
	Created(cruddur.Activity)
	Deleted(cruddur.UUID)
	Changed() // any other write, or one whose outcome is unknown
}

// Watch registers w for every write from now on. It is called once, before the database is used.
func (d *DB) Watch(w Watcher) { d.watcher = w }

// tell reports a write to the watcher. A write that failed because the database was unavailable may have been
// committed all the same; a write that was refused was not.
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
