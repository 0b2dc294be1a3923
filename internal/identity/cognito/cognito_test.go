package cognito_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/cognito"
	"cruddur/internal/identity/cognito/cognitotest"
	"cruddur/internal/lambda"
	"cruddur/internal/pgtest"
	"cruddur/internal/postconfirm/lambdahandler"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const password = "Correct-Horse-7-Battery"

// emulated is a Provider on cognito-local and on a database of its own.
type emulated struct {
	*cognito.Provider
	pool     *cognitotest.Pool
	db       *postgres.DB
	sessions identity.Sessions
	told     chan string // addresses whose owner was told of a second sign-up
}

// newEmulated starts a pool; without trigger its post-confirmation Lambda is missing.
func newEmulated(t *testing.T, trigger bool) *emulated {
	t.Helper()
	e := &emulated{db: pgtest.New(t), told: make(chan string, 10)}
	var o cognitotest.Options
	if trigger {
		h := lambdahandler.New(lambdahandler.Config{Store: e.db, Log: slog.New(slog.DiscardHandler)})
		server := httptest.NewServer(lambda.InvokeHandler("post-confirm", h))
		t.Cleanup(server.Close)
		o = cognitotest.Options{TriggerURL: server.URL, FunctionName: "post-confirm"}
	}
	e.pool = cognitotest.Start(t, o)
	e.sessions = identity.NewSessions(e.db)
	p, err := cognito.New(e.config())
	if err != nil {
		t.Fatal(err)
	}
	e.Provider = p
	t.Cleanup(p.Wait)
	return e
}

func (e *emulated) config() cognito.Config {
	return cognito.Config{
		PoolID: e.pool.ID, ClientID: e.pool.ClientID, Region: e.pool.Region, Endpoint: e.pool.Endpoint,
		Credentials: cognitotest.Credentials, Store: e.db, Cutoffs: e.db, Sessions: e.sessions, Log: slog.New(slog.DiscardHandler),
	}
}

// join signs a member up and confirms the account; the emulator has no trigger here, so no row is made.
func (e *emulated) join(t *testing.T, name string) (email string) {
	t.Helper()
	email = name + "@example.org"
	err := e.SignUp(t.Context(), identity.SignUp{Name: "Member " + name, Email: email, Handle: name, Password: password}, time.Now())
	if err != nil {
		t.Fatalf("SignUp(%s) = %v", name, err)
	}
	if err := e.Confirm(t.Context(), email, e.pool.Code(t, email), time.Now()); err != nil {
		t.Fatalf("Confirm(%s) = %v", name, err)
	}
	return email
}

func wantCodes(t *testing.T, what string, err error, codes ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s = nil, want %v", what, codes)
		return
	}
	if diff := cmp.Diff(codes, cruddur.CodesOf(err)); diff != "" {
		t.Errorf("%s = %v; codes (-want +got):\n%s", what, err, diff)
	}
}

func TestSignInMakesUpTheRow(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	email := e.join(t, "ada")
	tokens, err := e.SignIn(t.Context(), email, password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	u, err := e.db.UserBySubject(t.Context(), tokens.Subject)
	if err != nil || u.Handle != "ada" || u.DisplayName != "Member ada" || u.Email != email {
		t.Errorf("the member is %+v, %v", u, err)
	}
	claims, err := e.Verify(t.Context(), tokens.Access, time.Now())
	if err != nil || claims.Subject != tokens.Subject {
		t.Errorf("Verify() = %+v, %v", claims, err)
	}
	if tokens.ExpiresIn <= 0 || tokens.Refresh == "" {
		t.Errorf("tokens = %+v", tokens)
	}
	t.Run("and so does an access token, or AWS credentials", func(t *testing.T) {
		for _, access := range []string{tokens.Access, ""} {
			if err := e.db.DeleteUser(t.Context(), u.UUID); err != nil {
				t.Fatal(err)
			}
			if u, err = e.Member(t.Context(), tokens.Subject, access, time.Now()); err != nil || u.Handle != "ada" {
				t.Errorf("Member() = %+v, %v", u, err)
			}
		}
	})
	t.Run("but not for a subject that the pool does not know", func(t *testing.T) {
		if _, err := e.Account(t.Context(), "nobody"); cruddur.KindOf(err) != cruddur.KindNotFound {
			t.Errorf("Account() = %v", err)
		}
	})
}

// CVE-2025-62174 (Mastodon), CVE-2024-21635 (Memos): sessions and tokens went on after the password was reset.
func TestAdvisoryResetLeavesSessions(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	email := e.join(t, "bea")
	tokens, err := e.SignIn(t.Context(), email, password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := e.sessions.Begin(t.Context(), tokens.Subject, identity.Browser{UserAgent: "test"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if u, _, err := e.sessions.Resume(t.Context(), cookie, time.Now()); err != nil || u.Handle != "bea" {
		t.Fatalf("Resume() = %+v, %v", u, err)
	}
	if err := e.Forgot(t.Context(), email, time.Now()); err != nil {
		t.Fatal(err)
	}
	const fresh = "Another-Horse-8-Battery"
	wantCodes(t, "Reset(wrong code)", e.Reset(t.Context(), email, "000000x", fresh, time.Now()), "code_mismatch")
	if err := e.Reset(t.Context(), email, e.pool.Code(t, email), fresh, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.sessions.Resume(t.Context(), cookie, time.Now()); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("the old cookie after the reset: %v", err)
	}
	if _, err := e.Verify(t.Context(), tokens.Access, time.Now()); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("the old access token after the reset: %v", err)
	}
	if _, err := e.Refresh(t.Context(), tokens.Refresh, time.Now()); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("the old refresh token after the reset: %v", err)
	}
	_, err = e.SignIn(t.Context(), email, password, time.Now())
	wantCodes(t, "SignIn(old password)", err, "credentials_mismatch")
	again, err := e.SignIn(t.Context(), email, fresh, time.Now()) // within the second of the reset
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Verify(t.Context(), again.Access, time.Now()); err != nil {
		t.Errorf("the new access token: %v", err)
	}
}

func TestChangePasswordAndDelete(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	email := e.join(t, "cleo")
	tokens, err := e.SignIn(t.Context(), email, password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	const fresh = "Another-Horse-8-Battery"
	wantCodes(t, "ChangePassword(wrong)", e.ChangePassword(t.Context(), email, "no-password-of-mine", fresh, time.Now()), "credentials_mismatch")
	if err := e.ChangePassword(t.Context(), email, password, fresh, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Verify(t.Context(), tokens.Access, time.Now()); cruddur.KindOf(err) != cruddur.KindUnauthenticated {
		t.Errorf("the old access token: %v", err)
	}
	wantCodes(t, "Delete(old password)", e.Delete(t.Context(), email, password, time.Now()), "credentials_mismatch")
	if err := e.Delete(t.Context(), email, fresh, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.db.UserBySubject(t.Context(), tokens.Subject); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("the row after deletion: %v", err)
	}
	if _, ok := e.pool.Find(t, email); ok {
		t.Error("the pool still has the account")
	}
	_, err = e.SignIn(t.Context(), email, fresh, time.Now())
	wantCodes(t, "SignIn() after deletion", err, "credentials_mismatch")
}

func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	config := e.config()
	config.AlreadyMember = func(_ context.Context, email string, _ time.Time) error {
		e.told <- email
		return nil
	}
	p, err := cognito.New(config)
	if err != nil {
		t.Fatal(err)
	}
	member := e.join(t, "dora")
	const waiting, nobody = "waiting@example.org", "nobody@example.org"
	sign := func(email, handle string) error {
		return p.SignUp(t.Context(), identity.SignUp{Name: "X", Email: email, Handle: handle, Password: password}, time.Now())
	}
	if err := sign(waiting, "waiting"); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{member, waiting, nobody} {
		if err := p.Resend(t.Context(), email, time.Now()); err != nil {
			t.Errorf("Resend(%s) = %v", email, err)
		}
		if err := p.Forgot(t.Context(), email, time.Now()); err != nil {
			t.Errorf("Forgot(%s) = %v", email, err)
		}
		wantCodes(t, "Confirm("+email+")", p.Confirm(t.Context(), email, "00000x", time.Now()), "code_mismatch")
		wantCodes(t, "Reset("+email+")", p.Reset(t.Context(), email, "00000x", password, time.Now()), "code_mismatch")
		_, err := p.SignIn(t.Context(), email, "not-the-password", time.Now())
		wantCodes(t, "SignIn("+email+")", err, "credentials_mismatch")
	}
	_, err = p.SignIn(t.Context(), waiting, password, time.Now())
	wantCodes(t, "SignIn(waiting, right password)", err, "account_unconfirmed")

	before := e.pool.Code(t, waiting)
	if err := sign(waiting, "waiting2"); err != nil {
		t.Errorf("a second sign-up of a waiting address: %v", err)
	}
	if err := sign(member, "dora2"); err != nil {
		t.Errorf("a second sign-up of a member's address: %v", err)
	}
	p.Wait()
	if after := e.pool.Code(t, waiting); after == before {
		t.Error("the waiting address got no new code")
	}
	select {
	case email := <-e.told:
		if email != member || len(e.told) > 0 {
			t.Errorf("told %s", email)
		}
	default:
		t.Error("the member was not told")
	}
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	email := e.join(t, "edna")
	if _, err := e.SignIn(t.Context(), email, password, time.Now()); err != nil { // the row, and with it the handle
		t.Fatal(err)
	}
	good := identity.SignUp{Name: "Fay", Email: "fay@example.org", Handle: "fay", Password: password}
	for code, change := range map[string]func(*identity.SignUp){
		"name_blank":         func(s *identity.SignUp) { s.Name = " " },
		"email_invalid":      func(s *identity.SignUp) { s.Email = "fay" },
		"handle_invalid":     func(s *identity.SignUp) { s.Handle = "admin" },
		"handle_taken":       func(s *identity.SignUp) { s.Handle = "Edna" },
		"password_too_short": func(s *identity.SignUp) { s.Password = "Aa1-567" },
		"password_too_long":  func(s *identity.SignUp) { s.Password = strings.Repeat("a", 257) },
	} {
		s := good
		change(&s)
		wantCodes(t, "SignUp()", e.SignUp(t.Context(), s, time.Now()), code)
	}
}

func TestAdminCreatedUser(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	_, err := e.pool.Admin.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
		UserPoolId: &e.pool.ID, Username: aws.String("gwen@example.org"), TemporaryPassword: aws.String(password), MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("gwen@example.org")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := e.SignIn(t.Context(), "gwen@example.org", password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	u, err := e.db.UserBySubject(t.Context(), tokens.Subject)
	if err != nil || !strings.HasPrefix(u.Handle, "member") {
		t.Errorf("the member is %+v, %v", u, err)
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	first := e.join(t, "holly")
	if _, err := e.SignIn(t.Context(), first, password, time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		e.join(t, fmt.Sprintf("iris%d", i))
	}
	if err := e.SignUp(t.Context(), identity.SignUp{Name: "J", Email: "june@example.org", Handle: "june", Password: password}, time.Now()); err != nil {
		t.Fatal(err)
	}
	sync := func(dry bool) (cognito.SyncReport, int) {
		lines := 0
		r, err := e.Sync(t.Context(), dry, time.Now(), func(cognito.SyncLine) { lines++ })
		if err != nil {
			t.Fatal(err)
		}
		return r, lines
	}
	want := cognito.SyncReport{Users: 5, Present: 1, Inserted: 3, Skipped: 1}
	for _, dry := range []bool{true, true, false} { // a dry run changes nothing
		r, lines := sync(dry)
		if diff := cmp.Diff(want, r); diff != "" || lines != 5 {
			t.Errorf("Sync(dry %v) told of %d users (-want +got):\n%s", dry, lines, diff)
		}
	}
	r, _ := sync(false)
	if diff := cmp.Diff(cognito.SyncReport{Users: 5, Present: 4, Skipped: 1}, r); diff != "" {
		t.Errorf("a second Sync (-want +got):\n%s", diff)
	}
	for i := range 3 {
		if taken, err := e.db.HandleTaken(t.Context(), fmt.Sprintf("iris%d", i)); err != nil || !taken {
			t.Errorf("iris%d: %v, %v", i, taken, err)
		}
	}
}

// Cognito knows nothing of a suspension here: the right password and a good refresh token get nobody in.
func TestSuspendedMember(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, false)
	email := e.join(t, "sue")
	tokens, err := e.SignIn(t.Context(), email, password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	u, err := e.db.UserBySubject(t.Context(), tokens.Subject)
	if err == nil {
		err = e.db.Suspend(t.Context(), u.UUID, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.SignIn(t.Context(), email, password, time.Now())
	wantCodes(t, "SignIn()", err, "account_suspended")
	_, err = e.SignIn(t.Context(), email, "no-password-of-hers", time.Now())
	wantCodes(t, "SignIn(wrong)", err, "credentials_mismatch")
	_, err = e.Refresh(t.Context(), tokens.Refresh, time.Now())
	wantCodes(t, "Refresh()", err, "unauthenticated")
	if err := e.db.Unsuspend(t.Context(), u.UUID); err != nil {
		t.Fatal(err)
	}
	if _, err = e.SignIn(t.Context(), email, password, time.Now()); err != nil {
		t.Errorf("SignIn() once it is lifted = %v", err)
	}
}
