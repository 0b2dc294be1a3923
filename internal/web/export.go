package web

import (
	"net/http"

	"cruddur/internal/export"
	"cruddur/internal/request"
)

// getExport gives members all that is theirs, in a ZIP file.
func (s *site) getExport(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	e, err := export.Begin(r.Context(), s.Store, s.Gallery, v.viewer.UUID, v.now)
	if err != nil {
		return err
	}
	e.Answer(w, r, "cruddur-"+v.viewer.Handle+".zip", "application/zip", (*export.Export).ZIP, s.Log.With("request", request.ID(r.Context())))
	return nil
}
