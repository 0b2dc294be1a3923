// Package export gives members all that is theirs: as one JSON object, or as a ZIP file with their pictures. Both are
// written while the rows are read, so the size of an export does not matter.
package export

import (
	"context"
	"io"
	"time"

	"cruddur"
)

// Store is what the export needs from the database.
type Store interface {
	ExportProfile(ctx context.Context, user cruddur.UUID) ([]byte, error)
	ExportRows(ctx context.Context, list string, user cruddur.UUID, now time.Time, each func(row []byte) error) error
}

// Lists are the lists of an export, in their order.
var Lists = []string{"activities", "likes", "reposts", "pictures", "following", "muted", "blocked", "messages", "reports"}

// Export is an export that can begin: the member is known.
type Export struct {
	store       Store
	gallery     Gallery
	user        cruddur.UUID
	now         time.Time
	profile     []byte
	unread      int
	firstUnread error
}

// Begin reads the member's profile. An error here, and none later, can still be told to the member.
func Begin(ctx context.Context, s Store, g Gallery, user cruddur.UUID, now time.Time) (*Export, error) {
	profile, err := s.ExportProfile(ctx, user)
	return &Export{store: s, gallery: g, user: user, now: now, profile: profile}, err
}

// Unread returns how many pictures a ZIP lacks because their files could not be read, and the first error.
func (e *Export) Unread() (int, error) { return e.unread, e.firstUnread }

// JSON writes {"profile":{…},"activities":[…],…}.
func (e *Export) JSON(ctx context.Context, w io.Writer) error {
	if _, err := w.Write(append([]byte(`{"profile":`), e.profile...)); err != nil {
		return err
	}
	for _, list := range Lists {
		if _, err := io.WriteString(w, `,"`+list+`":`); err != nil {
			return err
		}
		if err := e.rows(ctx, w, list); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "}")
	return err
}

// rows writes one list as a JSON array.
func (e *Export) rows(ctx context.Context, w io.Writer, list string) error {
	a := array{w: w}
	if err := e.store.ExportRows(ctx, list, e.user, e.now, a.add); err != nil {
		return err
	}
	return a.end()
}

// array writes a JSON array, a row on each line.
type array struct {
	w     io.Writer
	begun bool
}

func (a *array) add(row []byte) error {
	separator := ",\n"
	if !a.begun {
		separator, a.begun = "[\n", true
	}
	if _, err := io.WriteString(a.w, separator); err != nil {
		return err
	}
	_, err := a.w.Write(row)
	return err
}

func (a *array) end() error {
	end := "\n]"
	if !a.begun {
		end = "[]"
	}
	_, err := io.WriteString(a.w, end)
	return err
}
