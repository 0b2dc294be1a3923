package cognito_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/identity/cognito"
)

// A sign-in that has ended at Cognito, by another client or an administrator, ends here after the next
// recheck, and no request waits for it.
func TestRecheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer any
		ends   bool
	}{
		"still good":                    {map[string]any{"Username": "subject-1", "UserAttributes": []any{}}, false},
		"revoked":                       {awsError{"NotAuthorizedException", "Access Token has been revoked"}, true},
		"disabled":                      {awsError{"NotAuthorizedException", "User is disabled."}, true},
		"deleted":                       {awsError{"UserNotFoundException", "User does not exist."}, true},
		"a token without the scope":     {awsError{"NotAuthorizedException", "Access Token does not have required scopes"}, false},
		"Cognito has too much to do":    {awsError{"TooManyRequestsException", "Rate exceeded"}, false},
		"Cognito answers with nonsense": {awsError{"InternalErrorException", "oops"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := newKeyServer(t)
			d := newDouble(t, map[string]any{"GetUser": test.answer})
			calls := d.Config.Handler
			d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					keys.Config.Handler.ServeHTTP(w, r)
					return
				}
				calls.ServeHTTP(w, r)
			})
			p, err := cognito.New(cognito.Config{
				PoolID: poolID, ClientID: clientID, Endpoint: d.URL, Store: openStore{}, Log: slog.New(slog.DiscardHandler), Recheck: 5 * time.Minute,
			})
			if err != nil {
				t.Fatal(err)
			}
			issuer := d.URL + "/" + poolID
			token := sign(poolKey(), header(), with(claims(issuer), map[string]any{"origin_jti": "sign-in-1"}))
			other := sign(poolKey(), header(), claims(issuer)) // of a pool without token revocation: nothing to ask about
			for _, at := range []time.Duration{0, time.Second, 4 * time.Minute} {
				if _, err := p.Verify(t.Context(), other, now.Add(at)); err != nil {
					t.Fatal(err)
				}
				if _, err := p.Verify(t.Context(), token, now.Add(at)); err != nil && at == 0 {
					t.Fatalf("the first answer waits for nobody: %v", err)
				}
				p.Wait()
			}
			_, err = p.Verify(t.Context(), token, now.Add(4*time.Minute))
			if ended := cruddur.KindOf(err) == cruddur.KindUnauthenticated && err != nil; ended != test.ends {
				t.Errorf("Verify() = %v, want ended %v", err, test.ends)
			}
			asked := 0
			for _, c := range d.asked {
				if strings.HasPrefix(c.Operation, "GetUser") {
					asked++
				}
			}
			if most := 3; asked < 1 || asked > most { // the SDK tries again where Cognito is busy
				t.Errorf("Cognito was asked %d times, want 1 to %d", asked, most)
			}
		})
	}
}
