package web

import (
	"context"
	"io"
	"net/http"

	"cruddur/internal/export"
	"cruddur/internal/request"
)

// getExport gives members all that is theirs, in a ZIP file.
func (s *site) getExport(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	e, err := export.Begin(r.Context(), s.Store, v.viewer.UUID, v.now)
	if err != nil {
		return err
	}
	export.Answer(w, r, "cruddur-"+v.viewer.Handle+".zip", "application/zip",
		func(ctx context.Context, w io.Writer) error { return e.ZIP(ctx, w) },
		func(err error) {
			s.Log.WarnContext(r.Context(), "an export broke off", "error", err, "request", request.ID(r.Context()))
		})
	return nil
}
