package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"cruddur/internal/lang"
	"cruddur/internal/request"
)

//go:embed static
var staticEmbed embed.FS

// mediaTypes maps file extensions to media types; a file whose extension is not listed is not served.
var mediaTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".json": "application/speculationrules+json",
}

// assets holds the addresses of the files that every page links to.
type assets struct{ CSS, JS, Icon, TouchIcon string }

// staticFiles holds the embedded files under names that change with their content, compressed once.
type staticFiles struct {
	assets []assets // by the place of the language
	byPath map[string]*staticFile
	plain  map[string]*staticFile // the same files by their plain names
	ahead  []string               // the header that names the pages to fetch ahead
}

type staticFile struct {
	path    string
	media   string
	data    []byte
	gzipped []byte // nil if it would not be smaller
}

// parts are the files that are served as one, in their order: one request for the browser, one subject per file. Each
// carries the name of its first part. The service worker shares a part with the pages.
var parts = [][]string{
	{"app.js", "feed.js", "gone.js", "drafts.js", "forms.js", "talk.js", "messages.js", "pictures.js", "keys.js", "kept.js", "outbox.js", "offline.js", "live.js", "moves.js", "begin.js"},
	{worker, "kept.js"},
	{"app.css", "frame.css", "forms.css", "crud.css", "pictures.css", "pages.css", "messages.css", "moderation.css", "narrow.css"},
}

// readStatic returns the content that is served under a file's name, or nil for a part that is served within another.
func readStatic(name string) ([]byte, error) {
	files := []string{name}
	for _, list := range parts {
		switch slices.Index(list, name) {
		case -1:
		case 0:
			files = list
		default:
			return nil, nil
		}
	}
	var all []byte
	for _, file := range files {
		data, err := staticEmbed.ReadFile("static/" + file)
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	return all, nil
}

func loadStatic(languages *lang.Set) (*staticFiles, error) {
	s := &staticFiles{byPath: map[string]*staticFile{}, plain: map[string]*staticFile{}}
	entries, err := fs.ReadDir(staticEmbed, "static")
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	for _, e := range entries {
		media := mediaTypes[path.Ext(e.Name())]
		if media == "" {
			continue
		}
		data, err := readStatic(e.Name())
		if err != nil {
			return nil, fmt.Errorf("static files: %w", err)
		}
		if data == nil {
			continue
		}
		if e.Name() == script || e.Name() == worker {
			continue // there is one for each language, or place
		}
		if err := s.add(e.Name(), media, data); err != nil {
			return nil, err
		}
	}
	s.ahead = []string{`"` + s.plain["prefetch.json"].path + `"`}
	for _, l := range languages.All() {
		name, data, err := scriptIn(l)
		if err == nil {
			err = s.add(name, mediaTypes[".js"], data)
		}
		if err != nil {
			return nil, err
		}
		s.assets = append(s.assets, assets{
			CSS: s.plain["app.css"].path, JS: s.plain[name].path,
			Icon: s.plain["icon.svg"].path, TouchIcon: s.plain["icon-180.png"].path,
		})
	}
	return s, nil
}

func (s *staticFiles) add(name, media string, data []byte) (err error) {
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	f := &staticFile{
		path:  "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:12] + ext,
		media: media, data: data,
	}
	if f.gzipped, err = compress(data); err != nil {
		return fmt.Errorf("static files: %s: %w", name, err)
	}
	s.byPath[f.path], s.plain[name] = f, f
	return nil
}

func compress(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = z.Write(data); err == nil {
		err = z.Close()
	}
	if err != nil || b.Len() >= len(data) {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s *staticFiles) register(mux *http.ServeMux) {
	for p, f := range s.byPath {
		mux.Handle("GET "+p, f)
	}
	mux.Handle("GET /favicon.ico", &staticFile{media: mediaTypes[".svg"], data: s.plain["icon.svg"].data})
}

// ServeHTTP writes the file. A file with a hash in its name never changes; the others have fixed names.
func (f *staticFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.media)
	if f.path != "" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "public, max-age=3600")
	}
	data := f.data
	if f.gzipped != nil {
		if h.Get("Vary") == "" {
			h.Set("Vary", "Accept-Encoding")
		}
		if request.AcceptsGzip(r.Header["Accept-Encoding"]) {
			h.Set("Content-Encoding", "gzip")
			data = f.gzipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

// robots keeps crawlers away from everything that expires: an index or an archive would keep it longer.
const robots = `User-agent: *
Allow: /about
Allow: /terms
Allow: /privacy
Allow: /static/
Disallow: /
`
