package postgres

import (
	"context"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// exportPage is the number of rows that an export reads at once: it holds no connection while it writes them.
const exportPage = 1000

// exportList is one list of what a member has: the name of its statement, and whether that takes the time.
type exportList struct {
	name  string
	timed bool
}

// exportLists are the lists of an export, by the names that they have in it. Notifications are left out: no word of the
// member is in them, and what others did is theirs to take back. It stands in their own exports.
var exportLists = map[string]exportList{
	"activities": {"activities/export", true},
	"likes":      {"likes/export", true},
	"reposts":    {"reposts/export", true},
	"pictures":   {"pictures/export", true},
	"following":  {"follows/export", false},
	"muted":      {"mutes/export", true},
	"blocked":    {"blocks/export", false},
	"messages":   {"messages/export", true},
	"reports":    {"reports/export", true},
}

// ExportProfile returns a member's profile as a JSON object.
func (d *DB) ExportProfile(ctx context.Context, user cruddur.UUID) ([]byte, error) {
	return d.QueryObjectJSON(ctx, "users/export", args{"uuid": [16]byte(user)})
}

// ExportRows calls each with every row of a list, as a JSON object, newest first. The lists are "activities", "likes",
// "reposts", "pictures", "following", "muted", "blocked", "messages" and "reports", and hold what is visible at now. The rows are read a page at a time, so
// a list is not that of one instant.
func (d *DB) ExportRows(ctx context.Context, list string, user cruddur.UUID, now time.Time, each func(row []byte) error) error {
	l := exportLists[list]
	s := wrapStatement(l.name, "select t.place, row_to_json(t) from (", ") t order by t.place desc")
	a := args{"user_uuid": [16]byte(user)}
	if l.timed {
		a["now"] = now
	}
	type row struct {
		place [16]byte
		json  []byte
	}
	for before := cursor(cruddur.UUID{}); ; {
		b := maps.Clone(a)
		b["before"] = before
		rows, err := queryAll(ctx, d.pool, s, b, 0, func(rows pgx.Rows, r *row) error { return rows.Scan(&r.place, &r.json) })
		if err != nil {
			return err
		}
		for _, r := range rows {
			// The place comes first, and is only for the next page: {"place":"…",
			if err := each(append([]byte{'{'}, r.json[len(`{"place":"",`)+36:]...)); err != nil {
				return err
			}
			before = r.place
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}
