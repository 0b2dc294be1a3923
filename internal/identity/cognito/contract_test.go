package cognito_test

import (
	"sync"
	"testing"
	"time"

	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/identity/identitytest"
)

// TestContract runs the contract of identity.Provider on cognito-local, which is somebody else's, with a
// double in front for what it lacks: see cognitotest.Doubled.
func TestContract(t *testing.T) {
	t.Parallel()
	t.Logf("cognito-local lacks %v: a test double answers them as AWS's API reference says", cognitotest.Doubled)
	shared := newEmulated(t, true) // one emulator for all rules: each makes members of its own
	identitytest.Run(t, func(t testing.TB) identitytest.Backend {
		var mu sync.Mutex
		last := map[string]string{}
		return identitytest.Backend{
			Provider: shared.Provider,
			Member:   shared.db.UserBySubject,
			Now:      time.Now,
			Code: func(t testing.TB, email string) string {
				mu.Lock()
				defer mu.Unlock()
				for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
					if code := shared.pool.Code(t, email); code != "" && code != last[email] {
						last[email] = code
						return code
					}
				}
				t.Fatalf("no new code for %s", email)
				return ""
			},
			Lacks: map[identitytest.Feature]bool{
				// A setting of the app client (refresh token rotation), which the emulator does not have.
				identitytest.Rotation: true,
				// Cognito's own, which the emulator does not have; TestErrors has its answer.
				identitytest.Lockout: true,
			},
		}
	})
}
