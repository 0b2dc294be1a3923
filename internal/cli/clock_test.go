package cli

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A difference is logged once, again when it changes, and when it has disappeared; an error of the database
// says nothing about the clocks.
func TestWatchClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		answers := []time.Duration{0, 2 * time.Second, -2 * time.Hour, -2 * time.Hour, -1, -time.Hour, time.Second, 3 * time.Second}
		want := []string{"", "", "-2h0m0s", "", "", "-1h0m0s", "agree again", "3s"}
		ctx, cancel := context.WithCancel(t.Context())
		go watchClock(ctx, slog.New(slog.NewTextHandler(&out, nil)), func(context.Context) (time.Duration, error) {
			d := answers[0]
			answers = answers[1:]
			if d == -1 {
				return 0, errors.New("away")
			}
			return d, nil
		}, time.Minute)
		for i, text := range want {
			synctest.Wait()
			if got := out.String(); !strings.Contains(got, text) || text == "" && got != "" {
				t.Errorf("answer %d: %q, want %q", i, got, text)
			}
			out.Reset()
			if i < len(want)-1 {
				time.Sleep(time.Minute)
			}
		}
		cancel()
	})
}
