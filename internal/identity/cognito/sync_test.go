package cognito_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity/cognito"
	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/pgtest"
)

// pages is a pool of n users that ListUsers gives in pages of 60, as Cognito does and cognito-local does
// not. Every tenth is not confirmed, every fifteenth is federated and has neither address nor name.
func pages(t *testing.T, n int, failAt int) (endpoint string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Limit           int
			PaginationToken string
		}
		json.NewDecoder(r.Body).Decode(&in)
		*asked = append(*asked, fmt.Sprintf("%d %s", in.Limit, in.PaginationToken))
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		from := 0
		fmt.Sscanf(in.PaginationToken, "from-%d", &from)
		if failAt > 0 && from == (failAt-1)*in.Limit { // by the page, because the client may ask for one again
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not allowed to list"}`)
			return
		}
		var users []map[string]any
		for i := from; i < n && i < from+in.Limit; i++ {
			attributes := []map[string]string{{"Name": "sub", "Value": fmt.Sprintf("sub-%d", i)}}
			status := "CONFIRMED"
			switch {
			case i%15 == 7:
				status = "EXTERNAL_PROVIDER"
			case i%10 == 3:
				status = "UNCONFIRMED"
				fallthrough
			default:
				attributes = append(attributes, map[string]string{"Name": "email", "Value": fmt.Sprintf("m%d@example.org", i)},
					map[string]string{"Name": "preferred_username", "Value": "everybody_wants_this"})
			}
			users = append(users, map[string]any{"Username": fmt.Sprint(i), "UserStatus": status, "Enabled": true, "Attributes": attributes})
		}
		answer := map[string]any{"Users": users}
		if from+in.Limit < n {
			answer["PaginationToken"] = fmt.Sprintf("from-%d", from+in.Limit)
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestSyncPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	endpoint, asked := pages(t, 150, 0)
	config := cognito.Config{
		PoolID: poolID, ClientID: clientID, Endpoint: endpoint, Credentials: cognitotest.Credentials, Store: db, Log: slog.New(slog.DiscardHandler),
	}
	p, err := cognito.New(config)
	if err != nil {
		t.Fatal(err)
	}
	handles := map[string]bool{}
	report, err := p.Sync(t.Context(), false, now, func(l cognito.SyncLine) {
		if l.Action == cognito.SyncInserted {
			handles[l.Handle] = true
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cognito.SyncReport{Users: 150, Inserted: 135, Skipped: 15}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	// On a busy machine the SDK may ask for a page again; it must not lose or repeat one in between.
	if diff := cmp.Diff([]string{"60 ", "60 from-60", "60 from-120"}, slices.Compact(*asked)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if len(handles) != 135 || !handles["everybody_wants_this"] {
		t.Errorf("%d different handles for 135 members", len(handles))
	}
	u, err := db.UserBySubject(t.Context(), "sub-7")
	if err != nil || !strings.HasSuffix(u.Email, "@no-address.invalid") || !strings.HasPrefix(u.Handle, "member") {
		t.Errorf("the federated member is %+v, %v", u, err)
	}
}

func TestSyncStops(t *testing.T) {
	t.Parallel()
	endpoint, _ := pages(t, 150, 2)
	config := cognito.Config{
		PoolID: poolID, ClientID: clientID, Endpoint: endpoint, Credentials: cognitotest.Credentials, Store: openStore{}, Log: slog.New(slog.DiscardHandler),
	}
	p, err := cognito.New(config)
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Sync(t.Context(), true, now, func(cognito.SyncLine) {})
	if err == nil || !strings.Contains(err.Error(), "page 2") || report.Users != 60 {
		t.Errorf("Sync() = %+v, %v", report, err)
	}
	config.Credentials = nil
	if p, err = cognito.New(config); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Sync(t.Context(), true, now, nil); cruddur.KindOf(err) != cruddur.KindInvalid {
		t.Errorf("Sync() without credentials = %v", err)
	}
}
