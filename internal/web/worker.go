package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"cruddur"
	"cruddur/internal/request"
)

// worker is the file of the service worker.
const worker = "sw.js"

// workerPolicy is the policy of the service worker: it loads our own files and pages, and nothing else.
var workerPolicy = []string{"default-src 'none'; connect-src 'self'"}

// workerOf is the service worker of a place, with the pages that it shows without a connection. All of it belongs
// together: its version is the hash of everything that it knows.
type workerOf struct {
	place   placeView
	version string
	script  []byte
	gzipped []byte
	shells  map[string][]byte // by language
}

// offlineView is the page that a browser shows without a connection. It holds nothing of anybody: what the browser has
// kept, the script adds.
type offlineView struct {
	page
	Compose *composeBox
}

// workerOf returns the service worker of a place, which is made anew if the place has changed.
func (s *site) workerOf(p placeView) (*workerOf, error) {
	if w := s.worker.Load(); w != nil && w.place == p {
		return w, nil
	}
	w := &workerOf{place: p, shells: map[string][]byte{}}
	sum := sha256.New()
	files := []string{s.static.plain["app.css"].path}
	for _, l := range s.Languages.All() {
		v := &offlineView{page: page{Lang: l, Assets: s.static.assets[l.Place], Place: p}, Compose: composeBoxOf(&visit{lang: l}, nil)}
		v.Compose.Draft, v.Compose.Hidden = "", true // the script makes one
		var b bytes.Buffer
		if err := s.spoken[l.Place].offline.Execute(&b, v); err != nil {
			return nil, fmt.Errorf("page without a connection: %s: %w", l.Tag, err)
		}
		w.shells[l.Tag] = b.Bytes()
		files = append(files, v.Assets.JS)
		sum.Write(b.Bytes())
	}
	source, err := readStatic(worker)
	if err != nil {
		return nil, fmt.Errorf("service worker: %w", err)
	}
	sum.Write(source)
	w.version = hex.EncodeToString(sum.Sum(nil))[:12]
	shells := map[string]string{}
	for tag := range w.shells {
		shells[tag] = "/offline?" + url.Values{"language": {tag}, "version": {w.version}}.Encode()
	}
	known, err := json.Marshal([]any{w.version, files, shells})
	if err != nil {
		return nil, fmt.Errorf("service worker: %w", err)
	}
	w.script = slices.Concat([]byte("const [version, files, shells] = "), known, []byte(";\n"), source)
	if w.gzipped, err = compress(w.script); err != nil {
		return nil, fmt.Errorf("service worker: %w", err)
	}
	s.worker.Store(w)
	return w, nil
}

// getWorker answers the service worker. Browsers ask for it with each page, so that a new version is found.
func (s *site) getWorker(w http.ResponseWriter, r *http.Request) error {
	x, err := s.workerOf(placeOf(visitOf(r).place, s.static.assets[0]))
	if err != nil {
		return err
	}
	h := w.Header()
	h["Content-Security-Policy"] = workerPolicy
	h.Set("Content-Type", mediaTypes[".js"])
	h.Set("Cache-Control", "public, no-cache")
	h.Set("Vary", "Accept-Encoding")
	tag := `W/"` + x.version + `"`
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	data := x.script
	if x.gzipped != nil && request.AcceptsGzip(r.Header["Accept-Encoding"]) {
		h.Set("Content-Encoding", "gzip")
		data = x.gzipped
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
	return nil
}

// getOffline answers the page without a connection to the service worker of the same version. A server of another
// version has another one, and answers that there is none: so the worker never mixes two.
func (s *site) getOffline(w http.ResponseWriter, r *http.Request) error {
	x, err := s.workerOf(placeOf(visitOf(r).place, s.static.assets[0]))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	shell := x.shells[q.Get("language")]
	if shell == nil || q.Get("version") != x.version {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	h := w.Header()
	h["Content-Security-Policy"] = headerAsking
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "public, no-cache")
	h.Set("X-Robots-Tag", "noindex, noarchive")
	w.Write(shell)
	return nil
}
