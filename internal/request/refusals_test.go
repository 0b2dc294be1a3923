package request_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cruddur/internal/request"
)

// An outage is its first line and a count every ten seconds, for each reason, and however many reasons
// there are.
func TestRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var r request.Refusals
		refuse := func(reason string) {
			r.Log(t.Context(), log, slog.LevelError, reason, "page failed", "error", "it is away")
		}
		lines := func() []string {
			synctest.Wait()
			defer out.Reset()
			return strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' })
		}
		for range 20_000 {
			refuse("unavailable")
		}
		refuse("another")
		if got := lines(); len(got) != 2 || !strings.Contains(got[0], "level=ERROR") || !strings.Contains(got[0], "it is away") {
			t.Fatalf("at first:\n%s", strings.Join(got, "\n"))
		}
		time.Sleep(10 * time.Second)
		if got := lines(); len(got) != 1 || !strings.Contains(got[0], "level=WARN") || !strings.Contains(got[0], "count=19999") || !strings.Contains(got[0], "reason=unavailable") {
			t.Fatalf("after ten seconds:\n%s", strings.Join(got, "\n"))
		}
		refuse("unavailable")
		if got := lines(); len(got) != 0 {
			t.Fatalf("while it goes on:\n%s", strings.Join(got, "\n"))
		}
		time.Sleep(20 * time.Second)
		if got := lines(); len(got) != 1 || !strings.Contains(got[0], "count=1 ") {
			t.Fatalf("at its end:\n%s", strings.Join(got, "\n"))
		}
		refuse("unavailable")
		if got := lines(); len(got) != 1 || !strings.Contains(got[0], "it is away") {
			t.Fatalf("the next time:\n%s", strings.Join(got, "\n"))
		}
		for i := range 10_000 {
			refuse(fmt.Sprint("reason ", i))
		}
		if got := lines(); len(got) > 60 {
			t.Errorf("10,000 reasons are %d lines", len(got))
		}
		time.Sleep(time.Minute)
	})
}
