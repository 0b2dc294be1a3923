package s3store

import "time"

// SetTimeout changes how long an operation may take.
func (s *Store) SetTimeout(d time.Duration) { s.timeout = d }
