package postgres

import (
	"context"
	"time"

	"cruddur"
)

// Export returns a member's own data as one JSON object: the profile, the activities that are alive at now,
// what the member likes and has reposted, and whom they follow; newest first.
func (d *DB) Export(ctx context.Context, user cruddur.UUID, now time.Time) ([]byte, error) {
	out, err := d.QueryObjectJSON(ctx, "users/export", args{"uuid": [16]byte(user)})
	if err != nil {
		return nil, err
	}
	out = append([]byte(`{"profile":`), out...)
	for _, list := range []struct {
		key, name string
		args      args
	}{
		{"activities", "activities/export", args{"user_uuid": [16]byte(user), "now": now}},
		{"likes", "likes/export", args{"user_uuid": [16]byte(user), "now": now}},
		{"reposts", "reposts/export", args{"user_uuid": [16]byte(user), "now": now}},
		{"following", "follows/export", args{"user_uuid": [16]byte(user)}},
	} {
		rows, err := d.QueryArrayJSON(ctx, list.name, list.args)
		if err != nil {
			return nil, err
		}
		out = append(append(out, `,"`+list.key+`":`...), rows...)
	}
	return append(out, '}'), nil
}
