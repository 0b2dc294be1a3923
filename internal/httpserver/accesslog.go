package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"cruddur/internal/request"
)

// logRequest writes one line. It omits the query, which may hold a search or a code, and also headers and bodies.
// slog quotes what a client could use to forge a line.
func (s *Server) logRequest(r *http.Request, info request.Info, status int, bytes int64, took time.Duration) {
	path := r.URL.Path
	if len(path) > 200 {
		path = path[:200] + "…"
	}
	s.c.Log.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("method", method(r.Method)),
		slog.String("path", path),
		slog.Int("status", status),
		slog.Int64("bytes", bytes),
		slog.Duration("took", took.Round(time.Microsecond)),
		slog.String("client", info.Client.String()),
		slog.String("request", info.ID),
	)
}

// method returns a known method, or a placeholder: a client may send any word.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}
