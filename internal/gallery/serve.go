package gallery

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cruddur"
)

// The headers of a picture. Its policy lets a browser that shows it alone do nothing else with it; other sites may
// show it, as the original's front end does.
var pictureHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; sandbox",
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Resource-Policy": "cross-origin",
}

// longest is how long a browser may keep a picture without an end, an avatar: when its member is suspended, or takes
// it off, it is seen no longer than that where it was seen before.
const longest = time.Hour

// Serve writes one size of a picture that its reader may see. A browser may keep it no longer than it lives; no other
// cache may, because a crud may be deleted before its end. moving says that the address may lead to another picture
// later.
func (g *Gallery) Serve(w http.ResponseWriter, r *http.Request, p cruddur.Picture, size cruddur.PictureSize, moving bool, now time.Time) error {
	tag := `"` + hex.EncodeToString(p.Hash[:16]) + "-" + string(size) + `"`
	known := strings.Contains(r.Header.Get("If-None-Match"), tag)
	var b []byte
	if !known {
		var err error
		if b, err = g.Bytes(r.Context(), p, size); err != nil {
			return err
		}
	}
	h := w.Header()
	for name, value := range pictureHeaders {
		h.Set(name, value)
	}
	h.Set("Etag", tag)
	h.Set("Content-Type", map[string]string{"jpg": "image/jpeg", "png": "image/png"}[p.Extension])
	h.Set("Cache-Control", caching(p, moving, now))
	if known {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}

func caching(p cruddur.Picture, moving bool, now time.Time) string {
	if !p.Used {
		return "private, no-store"
	}
	left := longest
	if !p.ExpiresAt.IsZero() {
		left = p.ExpiresAt.Sub(now)
	}
	if moving {
		return "private, no-cache"
	}
	return "private, max-age=" + strconv.Itoa(max(0, int(left/time.Second))) + ", immutable"
}

// Size returns which size of a picture a file name means: large.jpg or small.png. A name that the picture does not have is
// KindNotFound.
func Size(p cruddur.Picture, name string) (cruddur.PictureSize, error) {
	for _, size := range cruddur.PictureSizes {
		if name == string(size)+"."+p.Extension {
			return size, nil
		}
	}
	return "", cruddur.NewError(cruddur.KindNotFound)
}
