package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// Pictures is the part of the Store with which members show pictures.
type Pictures interface {
	CreateWith(ctx context.Context, author cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error)
	ReplyWith(ctx context.Context, author, parent cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error)
	Picture(ctx context.Context, id, viewer cruddur.UUID, now time.Time) (cruddur.Picture, error)
	DescribePicture(ctx context.Context, id, user cruddur.UUID, alt string, now time.Time) error
	DeletePicture(ctx context.Context, id, user cruddur.UUID) error
	FaceOf(ctx context.Context, id string) (cruddur.UUID, error)
	GiveTicket(ctx context.Context, user cruddur.UUID, hash []byte, expiresAt time.Time) error
	TakeTicket(ctx context.Context, hash []byte, now time.Time) (cruddur.UUID, error)
}

// Uploads reports whether a request brings a picture to the API.
func Uploads(r *http.Request) bool {
	switch path := r.URL.Path; r.Method {
	case http.MethodPost:
		return path == "/api/pictures"
	case http.MethodPut:
		return path == "/api/me/avatar" || path == "/api/me/banner" || path == "/avatars/upload"
	}
	return false
}

var errNoGallery = errors.New("this server takes no pictures")

// allowPicture counts an upload of a member.
func (c *call) allowPicture(u cruddur.UUID) error {
	if c.Gallery == nil {
		return cruddur.NewError(cruddur.KindUnavailable).Wrap(errNoGallery)
	}
	if wait, ok := c.Limits.AllowPicture(c.now, u.String(), c.r.ContentLength); !ok {
		return request.TooMany(wait)
	}
	return nil
}

// postPicture takes a picture for a later crud: as the body itself, or as the part "picture" of a form, with an
// alternative text as the part "alt" before it, or in the query.
func (c *call) postPicture() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.allowPicture(u.UUID); err != nil {
		return err
	}
	file, alt, err := c.file()
	if err != nil {
		return err
	}
	if alt, err = cruddur.CheckAlt(alt); err != nil {
		return err
	}
	p, err := c.Gallery.Upload(c.r.Context(), file, u.UUID, cruddur.CrudPicture, alt, c.now)
	if err != nil {
		return large(err)
	}
	return c.answerPrivate(func(b []byte) []byte { return appendPicture(b, &p) })
}

// large lets an answer say by its status too that a file is too large.
func large(err error) error {
	if e, ok := errors.AsType[*cruddur.Error](err); ok && e.Codes[0] == "picture_too_large" {
		return e.Wrap(errTooLarge)
	}
	return err
}

// file returns the picture in the body, and its alternative text.
func (c *call) file() (io.Reader, string, error) {
	alt := c.r.URL.Query().Get("alt")
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != "multipart/form-data" {
		return c.r.Body, alt, nil
	}
	incomplete := cruddur.Invalid("pictures", "picture_incomplete")
	form, err := c.r.MultipartReader()
	if err != nil {
		return nil, "", incomplete.Wrap(err)
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", cruddur.Invalid("pictures", "picture_blank")
		case err != nil:
			return nil, "", incomplete.Wrap(err)
		case part.FormName() == "picture":
			return part, alt, nil
		case part.FormName() == "alt":
			b, err := io.ReadAll(io.LimitReader(part, maxBody))
			if err != nil {
				return nil, "", incomplete.Wrap(err)
			}
			alt = string(b)
		}
	}
}

// ownPicture returns the viewer and the picture that the path names, if the viewer may see it.
func (c *call) ownPicture() (u cruddur.User, p cruddur.Picture, err error) {
	if u, err = c.viewer(); err != nil {
		return u, p, err
	}
	id, err := cruddur.ParseUUID(c.r.PathValue("picture"))
	if err == nil {
		p, err = c.Store.Picture(c.r.Context(), id, u.UUID, c.now)
	}
	if err == nil && p.UserUUID != u.UUID {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return u, p, err
}

// getPicture says what the viewer's own picture is.
func (c *call) getPicture() error {
	_, p, err := c.ownPicture()
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendPicture(b, &p) })
}

// putPicture gives the viewer's own picture another alternative text.
func (c *call) putPicture() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Alt *string `json:"alt"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	alt, err := cruddur.CheckAlt(text(in.Alt))
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	_, p, err := c.ownPicture()
	if err == nil {
		err = c.Store.DescribePicture(c.r.Context(), p.UUID, u.UUID, alt, c.now)
	}
	if err != nil {
		return err
	}
	p.Alt = alt
	return c.answerPrivate(func(b []byte) []byte { return appendPicture(b, &p) })
}

// deletePicture deletes the viewer's own picture, if nothing shows it.
func (c *call) deletePicture() error {
	u, p, err := c.ownPicture()
	if err != nil {
		return err
	}
	if p.Used {
		return cruddur.NewError(cruddur.KindConflict, "picture_used")
	}
	if err := c.Store.DeletePicture(c.r.Context(), p.UUID, u.UUID); err != nil {
		return err
	}
	return c.answerNothing()
}

func (c *call) putAvatar() error    { return c.putFace(cruddur.Avatar) }
func (c *call) putBanner() error    { return c.putFace(cruddur.Banner) }
func (c *call) deleteAvatar() error { return c.deleteFace(cruddur.Avatar) }
func (c *call) deleteBanner() error { return c.deleteFace(cruddur.Banner) }

// putFace makes the body, or the part "picture" of a form, the viewer's avatar or banner.
func (c *call) putFace(kind cruddur.PictureKind) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.allowPicture(u.UUID); err != nil {
		return err
	}
	file, _, err := c.file()
	if err != nil {
		return err
	}
	p, err := c.Gallery.SetFace(c.r.Context(), file, u.UUID, kind, c.now)
	if err != nil {
		return large(err)
	}
	return c.answerPrivate(func(b []byte) []byte { return appendPicture(b, &p) })
}

func (c *call) deleteFace(kind cruddur.PictureKind) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	if c.Gallery == nil {
		return cruddur.NewError(cruddur.KindUnavailable).Wrap(errNoGallery)
	}
	if _, err := c.Gallery.SetFace(c.r.Context(), nil, u.UUID, kind, c.now); err != nil {
		return err
	}
	return c.answerNothing()
}

// ticketLife is how long the original's client has to send an avatar, as with its own gateway.
const ticketLife = 10 * time.Minute

// postKeyUpload answers the address to which the original's client sends an avatar without its token: with a secret
// that serves once.
func (c *call) postKeyUpload() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Extension *string `json:"extension"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimPrefix(text(in.Extension), ".")) {
	case "jpg", "jpeg", "png", "gif", "webp":
	default:
		return cruddur.Invalid("extension", "picture_format_unknown")
	}
	if err := c.limitBy(ratelimit.Writes, u.UUID.String()); err != nil {
		return err
	}
	ticket := rand.Text()
	hash := sha256.Sum256([]byte(ticket))
	if err := c.Store.GiveTicket(c.r.Context(), u.UUID, hash[:], c.now.Add(ticketLife)); err != nil {
		return err
	}
	at := c.BackendURL + "/avatars/upload?" + url.Values{"ticket": {ticket}}.Encode()
	return c.answerPrivate(func(b []byte) []byte { return append(appendString(append(b, `{"url":`...), at), '}') })
}

// putUpload takes the avatar that belongs to a ticket.
func (c *call) putUpload() error {
	if c.Gallery == nil {
		return cruddur.NewError(cruddur.KindUnavailable).Wrap(errNoGallery)
	}
	hash := sha256.Sum256([]byte(c.r.URL.Query().Get("ticket")))
	user, err := c.Store.TakeTicket(c.r.Context(), hash[:], c.now)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return cruddur.NewError(cruddur.KindForbidden).Wrap(err)
	}
	if err == nil {
		err = c.allowPicture(user)
	}
	if err != nil {
		return err
	}
	if _, err := c.Gallery.SetFace(c.r.Context(), c.r.Body, user, cruddur.Avatar, c.now); err != nil {
		return large(err)
	}
	return c.answerNothing()
}

// getAvatar serves a member's avatar at the address that the original's client asks for: NAME is the subject at the
// identity provider, or the member's uuid, and ".jpg".
func (c *call) getAvatar() error {
	notFound := cruddur.NewError(cruddur.KindNotFound)
	name, ok := strings.CutSuffix(c.r.PathValue("name"), ".jpg")
	if !ok || c.Gallery == nil || strings.ContainsRune(name, 0) {
		return notFound
	}
	ctx := c.r.Context()
	id, err := c.Store.FaceOf(ctx, name)
	if err != nil {
		return err
	}
	p, err := c.Store.Picture(ctx, id, cruddur.UUID{}, c.now)
	if err != nil {
		return err
	}
	return c.Gallery.Serve(c.w, c.r, p, cruddur.Large, true, c.now)
}

// pictureIDs reads the pictures that an activity shows.
func pictureIDs(list []string) ([]cruddur.UUID, error) {
	if len(list) > cruddur.MaxPictures {
		return nil, cruddur.Invalid("pictures", "pictures_exceed_max")
	}
	var out []cruddur.UUID
	for _, s := range list {
		id, err := cruddur.ParseUUID(s)
		if err != nil {
			return nil, cruddur.Invalid("pictures", "pictures_invalid")
		}
		out = append(out, id)
	}
	return out, nil
}

// appendPicture appends what its owner may know of a picture.
func appendPicture(b []byte, p *cruddur.Picture) []byte {
	b = appendUUID(append(b, `{"uuid":`...), p.UUID)
	b = appendString(append(b, `,"kind":`...), string(p.Kind))
	b = append(appendShown(append(b, ','), p), `,"expires_at":`...)
	if p.ExpiresAt.IsZero() {
		return append(b, "null}"...)
	}
	return append(appendTime(b, p.ExpiresAt), '}')
}

// appendShown appends the keys of a picture that everybody sees.
func appendShown(b []byte, p *cruddur.Picture) []byte {
	b = appendString(append(b, `"url":`...), p.Path(cruddur.Large))
	b = appendString(append(b, `,"preview_url":`...), p.Path(cruddur.Small))
	b = strconv.AppendInt(append(b, `,"width":`...), int64(p.Width), 10)
	b = strconv.AppendInt(append(b, `,"height":`...), int64(p.Height), 10)
	b = appendString(append(b, `,"color":`...), p.Color)
	return appendString(append(b, `,"alt":`...), p.Alt)
}

// appendPictures appends the pictures of an activity, and its author's avatar.
func appendPictures(b []byte, a *cruddur.Activity) []byte {
	b = append(b, `,"pictures":[`...)
	for i := range a.Pictures {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendShown(append(b, '{'), &a.Pictures[i]), '}')
	}
	return appendFace(append(b, ']'), "avatar_url", a.Avatar)
}

// appendFace appends the address of an avatar or a banner, or null.
func appendFace(b []byte, key string, id cruddur.UUID) []byte {
	b = append(append(append(b, `,"`...), key...), `":`...)
	if id.IsZero() {
		return append(b, "null"...)
	}
	return appendString(b, cruddur.FacePath(id, cruddur.Large))
}
