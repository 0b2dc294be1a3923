package httpserver

import (
	"context"
	"log/slog"
	"strings"
)

// complaints receives the log messages of net/http itself. Most report faults of clients and are dropped. But when no
// connection can be accepted, mostly because no file descriptor is left, it is an outage: requests wait, and nothing
// else reports it. net/http tries again within a second.
type complaints struct{ c Config }

// Write implements io.Writer for log.Logger: one message.
func (w complaints) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	if !strings.Contains(text, "Accept error") {
		w.c.Log.Debug(text)
		return len(b), nil
	}
	args := []any{"err", text}
	if strings.Contains(text, "too many open files") {
		args = append(args, "help", "raise the limit of open files: ulimit -n, or LimitNOFILE of systemd")
	}
	const message = "no connection can be accepted"
	w.c.Refusals.Log(context.Background(), w.c.Log, slog.LevelError, message, message, args...)
	return len(b), nil
}
