package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/crypto/acme"
)

// TLSConfig returns the configuration of the listener for https. A client that asks for another name, or for
// none, gets the alert unrecognized_name; no handshake causes an order.
func (k *Keeper) TLSConfig() *tls.Config {
	return &tls.Config{
		GetCertificate: k.certificate,
		NextProtos:     []string{"h2", "http/1.1", acme.ALPNProto},
		MinVersion:     tls.VersionTLS12,
	}
}

func (k *Keeper) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if !k.own(hello.ServerName) {
		return nil, nil
	}
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) { // only an authority asks for that
		return k.challenged(hello.Context())
	}
	return k.current.Load(), nil
}

// own reports whether a name is the domain, however it is written.
func (k *Keeper) own(name string) bool {
	return strings.EqualFold(strings.TrimSuffix(name, "."), k.c.Domain)
}

// challenged returns the answer to tls-alpn-01, from whichever server has ordered; nil if nobody has.
func (k *Keeper) challenged(ctx context.Context) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, storeRetry)
	defer cancel()
	content, err := k.kept(ctx, k.challengeName(byALPN))
	if err != nil {
		return nil, nil
	}
	return decode(content, k.c.Domain)
}

// challengePath is where an authority looks for the answer to http-01 (RFC 8555, 8.3).
const challengePath = "/.well-known/acme-challenge/"

// Plain returns the handler of port 80: it answers http-01 and leads everything else to the same path of site, an
// address that begins with https://. Until there is a certificate it says so instead.
func (k *Keeper) Plain(site string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		target := r.URL.RequestURI()
		read := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case strings.HasPrefix(r.URL.Path, challengePath):
			k.answerHTTP(w, r)
		case !read || !strings.HasPrefix(target, "/"): // what was sent has been readable on the way already
			plain(w, http.StatusBadRequest, "Use "+site+" instead: this address only leads there.\n")
		case !k.ready():
			h.Set("Retry-After", "60")
			plain(w, http.StatusServiceUnavailable, "This server has no certificate yet, so its pages cannot be reached. It tries to get one; the reason is in its log.\n")
		default:
			h.Set("Cache-Control", "no-store")
			http.Redirect(w, r, site+target, http.StatusMovedPermanently)
		}
	})
}

// ready reports whether there is a certificate that browsers accept.
func (k *Keeper) ready() bool {
	cert := k.current.Load()
	return cert != nil && k.now().Before(cert.Leaf.NotAfter)
}

func (k *Keeper) answerHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), storeRetry)
	defer cancel()
	content, err := k.kept(ctx, k.challengeName(byHTTP))
	token, answer, _ := bytes.Cut(content, []byte("\n"))
	if err != nil || string(token) != strings.TrimPrefix(r.URL.Path, challengePath) {
		plain(w, http.StatusNotFound, "There is no such challenge.\n")
		return
	}
	plain(w, http.StatusOK, string(answer))
}

func plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
