package lambdahandler_test

import (
	"fmt"
	"log/slog"
	"testing"

	"cruddur/internal/pgtest"
	"cruddur/internal/postconfirm/lambdahandler"
)

// An event of an address that the pool has not verified takes it from nobody, and the owner's event takes
// it back, whichever comes first and how often.
func TestInvokeUnverified(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	h := lambdahandler.New(lambdahandler.Config{Store: db, Log: slog.New(slog.DiscardHandler)})
	send := func(sub, email, rest string) {
		t.Helper()
		attributes := fmt.Sprintf(`{"sub":%q,"email":%q,"name":"N"%s}`, sub, email, rest)
		if _, err := h.Invoke(t.Context(), []byte(event(lambdahandler.ConfirmSignUp, attributes))); err != nil {
			t.Fatalf("%s: %v", attributes, err)
		}
	}
	const owner = `,"email_verified":"true","cognito:user_status":"CONFIRMED"`
	for i, other := range []string{
		`,"email_verified":"false","cognito:user_status":"CONFIRMED"`, `,"cognito:user_status":"CONFIRMED"`, ``,
		`,"email_verified":"true","cognito:user_status":"EXTERNAL_PROVIDER","identities":"[{}]"`,
	} {
		email := fmt.Sprintf("victim%d@corp.example", i)
		attacker, victim := fmt.Sprintf("attacker%d", i), fmt.Sprintf("victim%d", i)
		send(attacker, email, other)
		send(victim, email, owner)
		send(attacker, email, other)
		late := attacker + "-late"
		send(late, email, other)
		for subject, want := range map[string]string{victim: email, attacker: attacker + "@no-address.invalid", late: late + "@no-address.invalid"} {
			if u, err := db.UserBySubject(t.Context(), subject); err != nil || u.Email != want {
				t.Errorf("with %s: %s has %q, %v, want %q", other, subject, u.Email, err, want)
			}
		}
	}
}
