package web

import (
	"encoding/json"
	"net/http"

	"cruddur"
)

// handleAnswer says whether a handle is free, for the script of the form.
type handleAnswer struct {
	Free bool   `json:"free"`
	Text string `json:"text"`
}

// getHandleFree says whether a handle is free, before the sign-up form is sent. Handles are public: /@handle reveals
// the same.
func (s *site) getHandleFree(w http.ResponseWriter, r *http.Request) error {
	var a handleAnswer
	l := visitOf(r).lang
	handle, err := cruddur.CheckHandle(r.URL.Query().Get("handle"))
	if err != nil {
		a.Text = sentenceOf(cruddur.CodesOf(err)[0]).in(l)
	} else {
		taken, err := s.Store.HandleTaken(r.Context(), handle)
		if err != nil {
			return err
		}
		a = handleAnswer{!taken, l.Text("@{handle} is free.", "handle", handle)}
		if taken {
			a.Text = sentenceOf("handle_taken").in(l)
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}
