package lambdahandler_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/postconfirm/lambdahandler"
)

// strictStore refuses what the table's constraints would refuse.
type strictStore struct{ t *testing.T }

func (s strictStore) UpsertUser(_ context.Context, u cruddur.User, _ time.Time) (cruddur.User, error) {
	if _, err := cruddur.CheckHandle(u.Handle); err != nil {
		s.t.Errorf("handle %q: %v", u.Handle, err)
	}
	if name, err := cruddur.CheckDisplayName(u.DisplayName); err != nil || name != u.DisplayName {
		s.t.Errorf("display name %q: %v", u.DisplayName, err)
	}
	if len(u.Email) < 3 || len(u.Email) > 254 || strings.ContainsAny(u.Email, "\x00 ") {
		s.t.Errorf("email %q", u.Email)
	}
	if u.Subject == "" || len(u.Subject) > 128 || strings.Contains(u.Subject, "\x00") {
		s.t.Errorf("subject %q", u.Subject)
	}
	return u, nil
}

// FuzzInvoke: whatever comes, what reaches the database can be stored, and an answer is the event.
func FuzzInvoke(f *testing.F) {
	f.Add([]byte(event(lambdahandler.ConfirmSignUp, bob)))
	f.Add([]byte(event(lambdahandler.ConfirmSignUp, `{"sub":"x","name":"\u0000\ud800","preferred_username":"_ADMIN","email":"a@b"}`)))
	f.Add([]byte(event(lambdahandler.ConfirmSignUp, `{"sub":"x","given_name":" ","family_name":"é","preferred_username":"member"}`)))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h := lambdahandler.New(lambdahandler.Config{Store: strictStore{t}, Log: slog.New(slog.DiscardHandler)})
		answer, err := h.Invoke(t.Context(), payload)
		if err == nil && !bytes.Equal(answer, payload) {
			t.Errorf("Invoke(%q) = %q", payload, answer)
		}
		if err != nil && len(err.Error()) > 120 {
			t.Errorf("Invoke(%q): a long text for the member: %v", payload, err)
		}
	})
}
