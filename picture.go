package cruddur

import "time"

// Limits of pictures.
const (
	MaxPictures = 4    // of one activity
	MaxAlt      = 1500 // code points of an alternative text
	// UnusedLife is how long a picture is kept that was uploaded and neither posted nor made an avatar.
	UnusedLife = time.Hour
)

// PictureKind is what a picture is for.
type PictureKind string

// The kinds of pictures.
const (
	CrudPicture PictureKind = "crud"
	Avatar      PictureKind = "avatar"
	Banner      PictureKind = "banner"
)

// PictureSize is one of the two sizes in which every picture is kept.
type PictureSize string

// The sizes of pictures.
const (
	Large PictureSize = "large"
	Small PictureSize = "small"
)

// PictureSizes are the sizes of every picture.
var PictureSizes = []PictureSize{Large, Small}

// Picture is a picture that a member has uploaded. Its bytes are elsewhere.
type Picture struct {
	UUID          UUID
	UserUUID      UUID
	Kind          PictureKind
	Activity      UUID // that shows it; the nil UUID: none
	Used          bool // it is shown
	Alt           string
	Width, Height int    // of the large size, in pixels
	Color         string // the mean, #rrggbb
	Extension     string // jpg or png
	Bytes         int    // of both sizes
	Hash          [32]byte
	CreatedAt     time.Time
	ExpiresAt     time.Time // the end of what shows it, or of an unused one; the zero time: none
}

// Name is the name of one size's bytes in a store.
func (p *Picture) Name(size PictureSize) string {
	return p.UUID.String() + "/" + string(size) + "." + p.Extension
}

// Path is the path of one size on this site.
func (p *Picture) Path(size PictureSize) string { return "/pictures/" + p.Name(size) }

// FacePath is the path of an avatar or a banner, which are always JPEG; "" for the nil UUID.
func FacePath(id UUID, size PictureSize) string {
	if id.IsZero() {
		return ""
	}
	p := Picture{UUID: id, Extension: "jpg"}
	return p.Path(size)
}

// CheckAlt validates an alternative text, which may be empty, and returns it without white space around it.
func CheckAlt(s string) (string, error) { return checkLines("alt", "alt", s, MaxAlt) }
