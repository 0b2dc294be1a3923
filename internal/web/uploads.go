package web

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cruddur"
	"cruddur/internal/request"
)

// files are the pictures that came with a form. They are stored while the form is read, so they are not lost if the
// form must be corrected, and there are never four in memory.
type files struct {
	stored map[string]cruddur.Picture // by the value that the form keeps
	err    error                      // of the first that could not be stored
}

// fileFields are the fields of forms that take files, and what they are for.
var fileFields = map[string]cruddur.PictureKind{"pictures": cruddur.CrudPicture, "avatar": cruddur.Avatar, "banner": cruddur.Banner}

// Uploads reports whether a request brings pictures to the pages: a form with files, sent to one of the addresses that
// take them.
func Uploads(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || err != nil || media != "multipart/form-data" {
		return false
	}
	switch path := r.URL.Path; path {
	case "/compose", "/pictures", "/settings/avatar", "/settings/banner":
		return true
	default:
		return strings.HasPrefix(path, "/@") && strings.HasSuffix(path, "/reply")
	}
}

// readParts reads a form with files. Each file of a member becomes a picture that is not used yet, and a value of the
// field "picture".
func (s *site) readParts(w http.ResponseWriter, r *http.Request) error {
	r.PostForm = url.Values{}
	r.Form = r.PostForm
	form, err := r.MultipartReader()
	invalid := cruddur.NewError(cruddur.KindInvalid, "form_invalid")
	if err != nil {
		return invalid.Wrap(err)
	}
	left := int64(maxForm)
	for first := true; ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid.Wrap(err)
		}
		if kind := fileFields[part.FormName()]; kind != "" {
			in := bufio.NewReader(part)
			if _, err := in.Peek(1); err != nil {
				continue // the field was left empty
			}
			if s.keep(r, in, kind, first); first {
				first = false
			}
			if _, err := io.Copy(io.Discard, in); err != nil {
				return invalid.Wrap(err)
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(b)) + int64(len(part.FormName())); left < 0 {
			return cruddur.NewError(cruddur.KindInvalid, "form_too_large")
		}
		if err != nil {
			return invalid.Wrap(err)
		}
		r.PostForm.Add(part.FormName(), string(b))
	}
}

// keep stores one file of a form.
func (s *site) keep(r *http.Request, file io.Reader, kind cruddur.PictureKind, first bool) {
	v := visitOf(r)
	if v.viewer == nil || v.files.err != nil {
		return
	}
	if s.Gallery == nil || kind == cruddur.CrudPicture && len(given(r.PostForm)) >= cruddur.MaxPictures {
		v.files.err = cruddur.Invalid("pictures", "pictures_exceed_max")
		return
	}
	var size int64
	if first {
		size = r.ContentLength // of all of them
	}
	if wait, ok := s.Limits.AllowPicture(v.now, v.viewer.UUID.String(), size); !ok {
		v.files.err = request.TooMany(wait)
		return
	}
	p, err := s.Gallery.Upload(r.Context(), file, v.viewer.UUID, kind, "", v.now)
	if err != nil {
		v.files.err = err
		return
	}
	value := p.UUID.String() + "." + p.Extension
	if v.files.stored == nil {
		v.files.stored = map[string]cruddur.Picture{}
	}
	v.files.stored[value] = p
	r.PostForm.Add("picture", value)
}

// givenPicture is a picture that a form keeps until it is posted.
type givenPicture struct {
	Value, UUID, URL, Alt string
	Place                 int
}

// given returns the pictures of a form, without those that its sender has removed.
func given(form url.Values) (out []givenPicture) {
	for _, value := range form["picture"] {
		id, extension, _ := strings.Cut(value, ".")
		u, err := cruddur.ParseUUID(id)
		if err != nil || extension != "jpg" && extension != "png" || slices.Contains(form["remove"], value) {
			continue
		}
		p := cruddur.Picture{UUID: u, Extension: extension}
		out = append(out, givenPicture{
			Value: value, UUID: u.String(), URL: p.Path(cruddur.Small), Place: len(out) + 1,
			Alt: strings.ToValidUTF8(form.Get("alt-"+u.String()), "\ufffd"),
		})
	}
	return out
}

// picturesOf stores the alternative texts of a form's pictures and returns their UUIDs, with a text that is the same
// for the same pictures: a form that is sent twice brings the same files again.
func (s *site) picturesOf(r *http.Request) (ids []cruddur.UUID, sum string, err error) {
	v := visitOf(r)
	list := given(r.PostForm)
	for _, g := range list {
		alt, err := cruddur.CheckAlt(r.PostForm.Get("alt-" + g.UUID))
		if err != nil {
			e, _ := errors.AsType[*cruddur.Error](err)
			return nil, "", cruddur.Invalid("pictures", e.Codes[0])
		}
		id, err := cruddur.ParseUUID(g.UUID)
		if err != nil {
			return nil, "", err
		}
		if r.PostForm.Has("alt-" + g.UUID) {
			err := s.Store.DescribePicture(r.Context(), id, v.viewer.UUID, alt, v.now)
			if err != nil && cruddur.KindOf(err) != cruddur.KindNotFound { // what is gone is noticed below
				return nil, "", err
			}
		}
		ids = append(ids, id)
		if p, ok := v.files.stored[g.Value]; ok {
			sum += "\x00" + hex.EncodeToString(p.Hash[:])
		} else {
			sum += "\x00" + g.UUID
		}
	}
	if v.files.err != nil {
		return nil, "", v.files.err
	}
	if len(ids) > cruddur.MaxPictures {
		return nil, "", cruddur.Invalid("pictures", "pictures_exceed_max")
	}
	return ids, sum, nil
}

// sentAgain reports whether a form with files was sent before and posted then: its key stands for all of its content,
// and only the copies of its files are others.
func (v *visit) sentAgain(err error) bool {
	return len(v.files.stored) > 0 && slices.Contains(cruddur.CodesOf(err), "idempotency_key_reused")
}

// showsAgain shows the form again if its sender wants to add pictures or to take some away, not to post.
func (s *site) showsAgain(w http.ResponseWriter, r *http.Request, form func(*http.Request, *entry) (view, error)) (bool, error) {
	if r.PostForm.Get("do") != "pictures" {
		return false, nil
	}
	if err := visitOf(r).files.err; err != nil {
		return true, err
	}
	v, err := form(r, &entry{values: r.PostForm})
	if err == nil {
		s.render(w, r, http.StatusOK, v)
	}
	return true, err
}

// postPicture takes the pictures that the script sends, one at a time, and answers what the form keeps.
func (s *site) postPicture(w http.ResponseWriter, r *http.Request) error {
	list, err := given(r.PostForm), visitOf(r).files.err
	if err == nil && len(list) == 0 {
		err = cruddur.Invalid("pictures", "picture_blank")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(request.Status(cruddur.KindOf(err)))
		return json.NewEncoder(w).Encode(map[string]string{"error": sentenceOf(cruddur.CodesOf(err)[0]).in(visitOf(r).lang)})
	}
	return json.NewEncoder(w).Encode(map[string]string{"value": list[0].Value, "uuid": list[0].UUID, "url": list[0].URL})
}

// faceForm is the form for an avatar or a banner.
type faceForm struct {
	Kind, Label string
	Name        string // the label within a sentence
	Avatar      avatar // for an avatar
	URL         string // of what there is
	Error       string
}

func faceForms(v *visit, path string, e *entry) []faceForm {
	u := v.viewer
	list := []faceForm{
		{Kind: "avatar", Label: "Choose a picture", Name: v.lang.Text("your picture"), Avatar: avatarOf(u.Handle, cruddur.ShownName(u.DisplayName, u.Handle)).of(u.Avatar), URL: cruddur.FacePath(u.Avatar, cruddur.Large)},
		{Kind: "banner", Label: "Choose a banner", Name: v.lang.Text("your banner"), URL: cruddur.FacePath(u.Banner, cruddur.Large)},
	}
	for i := range list {
		if e != nil && path == "/settings/"+list[i].Kind {
			list[i].Error = strings.TrimSpace(e.errors["pictures"] + " " + e.banner)
		}
	}
	return list
}

// postFace makes the file of the form the member's avatar or banner, or takes off the one that there is.
func (s *site) postFace(kind cruddur.PictureKind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := visitOf(r)
		var id cruddur.UUID
		if r.PostForm.Get("do") != "remove" {
			ids, _, err := s.picturesOf(r)
			if err == nil && len(ids) == 0 {
				err = cruddur.Invalid("pictures", "picture_blank")
			}
			if err != nil {
				return err
			}
			id = ids[0]
		}
		if err := s.Store.SetFace(r.Context(), v.viewer.UUID, kind, id, v.now); err != nil {
			return err
		}
		http.Redirect(w, r, "/settings?notice=saved", http.StatusSeeOther)
		return nil
	}
}
