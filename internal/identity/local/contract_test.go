package local_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur/internal/identity/identitytest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	identitytest.Run(t, func(t testing.TB) identitytest.Backend {
		w := newWorld(t)
		var mu sync.Mutex
		read := map[string]int{}
		return identitytest.Backend{
			Provider: w.Provider,
			Member:   w.db.UserBySubject,
			Now:      func() time.Time { return start },
			Code: func(t testing.TB, email string) string {
				mu.Lock()
				defer mu.Unlock()
				for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
					n := 0
					messages := w.box.Messages()
					for i := len(messages) - 1; i >= 0; i-- {
						m := messages[i]
						if m.To != email || !codePattern.MatchString(m.Text) {
							continue
						}
						if n++; n > read[email] {
							read[email]++
							return codeIn(t, m)
						}
					}
				}
				t.Fatalf("no code came to %s; in the box: %s", email, strings.Join(subjects(w), ", "))
				return ""
			},
		}
	})
}

func subjects(w *world) (out []string) {
	for _, m := range w.box.Messages() {
		out = append(out, m.To+" "+m.Subject)
	}
	return out
}
