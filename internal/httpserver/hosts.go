package httpserver

import (
	"net/http"

	"cruddur/internal/request"
)

// A page of a foreign site can make a browser ask a server on this machine, by giving its own name the address
// 127.0.0.1 (DNS rebinding), and can then read the answer as its own. Its name appears in Host. So a listener that
// only this machine can reach answers only requests for names of this machine. A request without Host does not come
// from a browser.
func localHost(r *http.Request) bool { return r.Host == "" || request.LocalHost(r.Host) }

// refuseHost answers a request for a name that is not this server's (RFC 9110, 15.5.20).
func refuseHost(w http.ResponseWriter, r *http.Request, help string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if isAPI(r.URL.Path) {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusMisdirectedRequest)
		w.Write([]byte(`["host_unknown"]`))
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusMisdirectedRequest)
	w.Write([]byte("This server answers only to names of this machine, such as localhost. " + help + "\n"))
}
