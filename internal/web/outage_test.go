package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"cruddur"
)

// gone is a feed whose database does not answer.
type gone struct{}

func (gone) Home(context.Context, cruddur.UUID, int, time.Time) ([]cruddur.Activity, error) {
	return nil, cruddur.Errorf(cruddur.KindUnavailable, "the database is away")
}

// An outage does not write one log line per refused request.
func TestOutageDoesNotFloodTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Feed = gone{} })
	b := w.stranger()
	for range 300 {
		b.get("/").want(t, 503)
	}
	if n := strings.Count(w.log.String(), "\n"); n != 1 || !strings.Contains(w.log.String(), "the database is away") {
		t.Errorf("300 refused pages are %d lines:\n%.300s", n, w.log.String())
	}
}
