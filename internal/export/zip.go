package export

import (
	"archive/zip"
	"compress/flate"
	"context"
	"io"
)

// archive is a ZIP file that is being written. What is packed already, as pictures are, is stored as it is, but in the
// form of compressed data: programs that read an archive from its beginning cannot tell where a file of the method
// "stored" ends if its size stands behind it.
type archive struct {
	*zip.Writer
	e      *Export
	asIs   *flate.Writer
	packed bool // the next file is
}

func newArchive(w io.Writer, e *Export) (*archive, error) {
	asIs, err := flate.NewWriter(nil, flate.NoCompression)
	a := &archive{Writer: zip.NewWriter(w), e: e, asIs: asIs}
	a.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		if a.packed {
			a.asIs.Reset(w)
			return a.asIs, nil
		}
		return flate.NewWriter(w, flate.DefaultCompression)
	})
	return a, err
}

// create begins the next file.
func (a *archive) create(name string, packed bool) (io.Writer, error) {
	a.packed = packed
	return a.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.e.now.UTC()})
}

const readme = `.

profile.json     your profile and settings
activities.json  your cruds and replies that are alive, with their ends
likes.json       what you like
reposts.json     what you have reposted
pictures.json    the pictures of your cruds, your own picture and your banner, with the names of their files
pictures/        these files, as large as Cruddur keeps them
following.json   whom you follow
muted.json       whom you mute
blocked.json     whom you block
messages.json    the private messages that you have sent and were sent, as far as they are alive
reports.json     what you have reported and no moderator has closed yet

What has ended is not here, because it is nowhere any more. Times are in UTC (RFC 3339).
`

// ZIP writes an archive with a file for the profile, for each list and for each picture.
func (e *Export) ZIP(ctx context.Context, w io.Writer) error {
	a, err := newArchive(w, e)
	if err != nil {
		return err
	}
	f, err := a.create("README.txt", false)
	if err == nil {
		_, err = io.WriteString(f, "What Cruddur keeps of you, as of "+e.now.UTC().Format("2 January 2006, 15:04 UTC")+readme)
	}
	if err == nil {
		if f, err = a.create("profile.json", false); err == nil {
			_, err = f.Write(append(e.profile, '\n'))
		}
	}
	for _, list := range Lists {
		switch {
		case err != nil:
			return err
		case list == "pictures":
			err = e.pictures(ctx, a.create)
		default:
			if f, err = a.create(list+".json", false); err == nil {
				err = e.rows(ctx, f, list)
			}
		}
	}
	if err != nil {
		return err
	}
	return a.Close()
}
