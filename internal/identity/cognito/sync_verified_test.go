package cognito_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity/cognito"
	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/pgtest"
)

// poolUser is a user as ListUsers tells it.
type poolUser struct{ sub, status, email, verified string }

func listing(t *testing.T, users ...poolUser) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var list []map[string]any
		for _, u := range users {
			attributes := []map[string]string{{"Name": "sub", "Value": u.sub}, {"Name": "email", "Value": u.email}}
			if u.verified != "" {
				attributes = append(attributes, map[string]string{"Name": "email_verified", "Value": u.verified})
			}
			list = append(list, map[string]any{"Username": u.sub, "UserStatus": u.status, "Enabled": true, "Attributes": attributes})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(map[string]any{"Users": list})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Sync gives a verified address to its owner, whom somebody had locked out of it, and to nobody else.
func TestSyncGivesAddressesBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	member := func(subject, email string) {
		t.Helper()
		if _, err := db.UpsertUser(t.Context(), cruddur.User{Subject: subject, Handle: subject, DisplayName: subject, Email: email}, now); err != nil {
			t.Fatal(err)
		}
	}
	// As they were stored when whoever came first had the address.
	member("eve", "victim@corp.example")
	member("vic", "vic@no-address.invalid")
	member("fed", "fed@corp.example")
	member("old", "old@corp.example")
	endpoint := listing(
		t,
		poolUser{"eve", "CONFIRMED", "victim@corp.example", "false"},
		poolUser{"vic", "CONFIRMED", "Victim@corp.example", "true"},
		poolUser{"fed", "EXTERNAL_PROVIDER", "fed@corp.example", "true"},
		poolUser{"old", "CONFIRMED", "old@corp.example", "true"},
		poolUser{"two", "CONFIRMED", "old@corp.example", "true"},
		poolUser{"late", "EXTERNAL_PROVIDER", "old@corp.example", "true"},
		poolUser{"new", "CONFIRMED", "fed@corp.example", ""},
	)
	p, err := cognito.New(cognito.Config{
		PoolID: poolID, ClientID: clientID, Endpoint: endpoint, Credentials: cognitotest.Credentials, Store: db, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		name   string
		dry    bool
		report cognito.SyncReport
	}{
		{"dry run", true, cognito.SyncReport{Users: 7, Present: 2, Updated: 2, Inserted: 3}},
		{"the first time", false, cognito.SyncReport{Users: 7, Present: 2, Updated: 2, Inserted: 3}},
		{"the second time", false, cognito.SyncReport{Users: 7, Present: 7}},
	} {
		report, err := p.Sync(t.Context(), run.dry, now, func(cognito.SyncLine) {})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run.report, report); diff != "" {
			t.Errorf("%s (-want +got):\n%s", run.name, diff)
		}
	}
	for subject, want := range map[string]string{
		"eve": "eve@no-address.invalid", "vic": "Victim@corp.example", "fed": "fed@corp.example", "old": "old@corp.example",
		"two": "two@no-address.invalid", "late": "late@no-address.invalid", "new": "new@no-address.invalid",
	} {
		if u, err := db.UserBySubject(t.Context(), subject); err != nil || u.Email != want {
			t.Errorf("%s has %q, %v, want %q", subject, u.Email, err, want)
		}
	}
}
