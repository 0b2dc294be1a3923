package postgres

import (
	"context"
	"slices"
	"time"

	"cruddur"
)

// Export returns a member's own data as one JSON object: the profile, and the activities that are alive at
// now, newest first.
func (d *DB) Export(ctx context.Context, user cruddur.UUID, now time.Time) ([]byte, error) {
	profile, err := d.QueryObjectJSON(ctx, "users/export", args{"uuid": [16]byte(user)})
	if err != nil {
		return nil, err
	}
	activities, err := d.QueryArrayJSON(ctx, "activities/export", args{"user_uuid": [16]byte(user), "now": now})
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(`{"profile":`), profile, []byte(`,"activities":`), activities, []byte("}")), nil
}
