// Package export gives members all that is theirs: as one JSON object, or as a ZIP file. Both are written while the
// rows are read, so the size of an export does not matter.
package export

import (
	"archive/zip"
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
var Lists = []string{"activities", "likes", "reposts", "pictures", "following", "muted", "blocked", "messages"}

// Export is an export that can begin: the member is known.
type Export struct {
	store   Store
	user    cruddur.UUID
	now     time.Time
	profile []byte
}

// Begin reads the member's profile. An error here, and none later, can still be told to the member.
func Begin(ctx context.Context, s Store, user cruddur.UUID, now time.Time) (*Export, error) {
	profile, err := s.ExportProfile(ctx, user)
	return &Export{s, user, now, profile}, err
}

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

// rows writes one list as a JSON array, a row on each line.
func (e *Export) rows(ctx context.Context, w io.Writer, list string) error {
	separator := "[\n"
	err := e.store.ExportRows(ctx, list, e.user, e.now, func(row []byte) error {
		if _, err := io.WriteString(w, separator); err != nil {
			return err
		}
		separator = ",\n"
		_, err := w.Write(row)
		return err
	})
	if err != nil {
		return err
	}
	end := "\n]"
	if separator == "[\n" {
		end = "[]"
	}
	_, err = io.WriteString(w, end)
	return err
}

// ZIP writes an archive with a file for the profile and for each list.
func (e *Export) ZIP(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	create := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.now.UTC()})
	}
	f, err := create("README.txt")
	if err == nil {
		_, err = io.WriteString(f, "What Cruddur keeps of you, as of "+e.now.UTC().Format("2 January 2006, 15:04 UTC")+`.

profile.json     your profile and settings
activities.json  your cruds and replies that are alive, with their ends
likes.json       what you like
reposts.json     what you have reposted
pictures.json    the pictures of your cruds, your own picture and your banner
following.json   whom you follow
muted.json       whom you mute
blocked.json     whom you block
messages.json    the private messages that you have sent and were sent, as far as they are alive

What has ended is not here, because it is nowhere any more. Times are in UTC (RFC 3339).
`)
	}
	if err == nil {
		if f, err = create("profile.json"); err == nil {
			_, err = f.Write(append(e.profile, '\n'))
		}
	}
	for _, list := range Lists {
		if err != nil {
			return err
		}
		if f, err = create(list + ".json"); err == nil {
			err = e.rows(ctx, f, list)
		}
	}
	if err != nil {
		return err
	}
	return z.Close()
}
