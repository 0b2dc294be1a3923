package cognito_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/cognito"
)

// awsDouble answers operations as AWS's API reference documents them, and remembers what was asked. It
// says what an emulator cannot be made to say.
type awsDouble struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]any // by operation; an awsError is refused with status 400
	asked   []awsCall
}

type awsCall struct {
	Operation string
	Body      map[string]any
}

type awsError struct{ code, message string }

func newDouble(t *testing.T, answers map[string]any) *awsDouble {
	t.Helper()
	d := &awsDouble{answers: answers}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var body map[string]any
		json.NewDecoder(r.Body).Decode(&body)
		d.mu.Lock()
		d.asked = append(d.asked, awsCall{operation, body})
		answer := d.answers[operation]
		d.mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if e, ok := answer.(awsError); ok {
			w.Header().Set("X-Amzn-Errortype", e.code)
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]string{"__type": e.code, "message": e.message}
		}
		if answer == nil {
			answer = map[string]any{}
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(d.Close)
	return d
}

// count is how often an operation was asked for.
func (d *awsDouble) count(operation string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.asked {
		if c.Operation == operation {
			n++
		}
	}
	return n
}

// openStore has every handle free and nobody in it.
type openStore struct{ cognito.Store }

// Admit admits everybody, as a place that nobody has described does.
func (openStore) Admit(context.Context, string, []byte, time.Time) (cruddur.UUID, error) {
	return cruddur.UUID{}, nil
}

func (openStore) HandleTaken(context.Context, string) (bool, error) { return false, nil }
func (openStore) FindMember(context.Context, string, time.Time) (cruddur.Member, error) {
	return cruddur.Member{}, cruddur.NewError(cruddur.KindNotFound)
}

func (openStore) UserBySubject(context.Context, string) (cruddur.User, error) {
	return cruddur.User{UUID: cruddur.MaxUUID, Handle: "ada"}, nil
}

func (d *awsDouble) provider(t *testing.T, secret string) *cognito.Provider {
	t.Helper()
	p, err := cognito.New(cognito.Config{
		PoolID: poolID, ClientID: clientID, ClientSecret: secret, Endpoint: d.URL, Store: openStore{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const mail, pass = "ada@example.org", "Correct-Horse-7-Battery"
	signUp := func(p *cognito.Provider) error {
		return p.SignUp(t.Context(), identity.SignUp{Name: "Ada", Email: mail, Handle: "ada", Password: pass}, now)
	}
	signIn := func(p *cognito.Provider) error {
		_, err := p.SignIn(t.Context(), mail, pass, now)
		return err
	}
	refresh := func(p *cognito.Provider) error {
		_, err := p.Refresh(t.Context(), "token", now)
		return err
	}
	confirm := func(p *cognito.Provider) error { return p.Confirm(t.Context(), mail, "123456", now) }
	resend := func(p *cognito.Provider) error { return p.Resend(t.Context(), mail, now) }
	forgot := func(p *cognito.Provider) error { return p.Forgot(t.Context(), mail, now) }
	reset := func(p *cognito.Provider) error { return p.Reset(t.Context(), mail, "123456", pass, now) }
	policy := "Password did not conform with policy: Password "
	for name, test := range map[string]struct {
		operation, code, message string
		call                     func(*cognito.Provider) error
		want                     []string // nil: no error
	}{
		"taken address":              {"SignUp", "UsernameExistsException", "User already exists", signUp, nil},
		"too short for the policy":   {"SignUp", "InvalidPasswordException", policy + "not long enough", signUp, []string{"password_too_short"}},
		"no uppercase":               {"SignUp", "InvalidPasswordException", policy + "must have uppercase characters", signUp, []string{"password_lacks_uppercase"}},
		"no number":                  {"SignUp", "InvalidPasswordException", policy + "must have numeric characters", signUp, []string{"password_lacks_number"}},
		"no symbol":                  {"Reset", "InvalidPasswordException", policy + "must have symbol characters", reset, []string{"password_lacks_symbol"}},
		"a rule of tomorrow":         {"SignUp", "InvalidPasswordException", "Beige is not allowed", signUp, []string{"password_invalid"}},
		"used before":                {"Reset", "PasswordHistoryPolicyViolationException", "x", reset, []string{"password_used_before"}},
		"pre-sign-up trigger":        {"SignUp", "UserLambdaValidationException", "PreSignUp failed with error no.", signUp, []string{"account_refused"}},
		"wrong password":             {"InitiateAuth", "NotAuthorizedException", "Incorrect username or password.", signIn, []string{"credentials_mismatch"}},
		"unknown address":            {"InitiateAuth", "UserNotFoundException", "User does not exist.", signIn, []string{"credentials_mismatch"}},
		"disabled":                   {"InitiateAuth", "NotAuthorizedException", "User is disabled.", signIn, []string{"credentials_mismatch"}},
		"locked":                     {"InitiateAuth", "NotAuthorizedException", "Password attempts exceeded", signIn, []string{"account_locked"}},
		"unconfirmed":                {"InitiateAuth", "UserNotConfirmedException", "User is not confirmed.", signIn, []string{"account_unconfirmed"}},
		"must reset":                 {"InitiateAuth", "PasswordResetRequiredException", "x", signIn, []string{"password_reset_required"}},
		"too many calls":             {"InitiateAuth", "TooManyRequestsException", "x", signIn, []string{"too_many_requests"}},
		"flow not enabled":           {"InitiateAuth", "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client", signIn, []string{"internal"}},
		"wrong client secret":        {"InitiateAuth", "NotAuthorizedException", "Unable to verify secret hash for client x", signIn, []string{"internal"}},
		"another wrong secret":       {"InitiateAuth", "NotAuthorizedException", "SecretHash does not match for the client: x", signIn, []string{"internal"}},
		"secret not sent":            {"ResendConfirmationCode", "NotAuthorizedException", "Client x is configured with secret but SECRET_HASH was not received", resend, []string{"internal"}},
		"refresh token of old":       {"GetTokensFromRefreshToken", "NotAuthorizedException", "Refresh Token has been revoked", refresh, []string{"unauthenticated"}},
		"refresh token used twice":   {"GetTokensFromRefreshToken", "RefreshTokenReuseException", "x", refresh, []string{"unauthenticated"}},
		"wrong code":                 {"ConfirmSignUp", "CodeMismatchException", "x", confirm, []string{"code_mismatch"}},
		"old code":                   {"ConfirmSignUp", "ExpiredCodeException", "x", confirm, []string{"code_mismatch"}},
		"confirmed already":          {"ConfirmSignUp", "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED", confirm, []string{"code_mismatch"}},
		"confirmed, the Lambda fell": {"ConfirmSignUp", "UserLambdaValidationException", "PostConfirmation failed with error x.", confirm, nil},
		"confirmed, Lambda timeout":  {"ConfirmSignUp", "UnexpectedLambdaException", "x", confirm, nil},
		"too many wrong codes":       {"ConfirmSignUp", "TooManyFailedAttemptsException", "x", confirm, []string{"code_mismatch"}},
		"too many tries":             {"ConfirmSignUp", "LimitExceededException", "Attempt limit exceeded, please try after some time.", confirm, []string{"code_mismatch"}},
		"resend to a member":         {"ResendConfirmationCode", "InvalidParameterException", "User is already confirmed.", resend, nil},
		"resend to nobody":           {"ResendConfirmationCode", "UserNotFoundException", "x", resend, nil},
		"resend too often":           {"ResendConfirmationCode", "LimitExceededException", "x", resend, nil},
		"resend, mail is down":       {"ResendConfirmationCode", "CodeDeliveryFailureException", "x", resend, nil},
		"forgot too often":           {"ForgotPassword", "LimitExceededException", "Attempt limit exceeded, please try after some time.", forgot, nil},
		"forgot by everybody":        {"ForgotPassword", "TooManyRequestsException", "x", forgot, []string{"too_many_requests"}},
		"forgot, unverified address": {"ForgotPassword", "InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email", forgot, nil},
		"forgot, mail is down":       {"ForgotPassword", "CodeDeliveryFailureException", "x", forgot, nil},
		"reset, wrong code":          {"Reset", "CodeMismatchException", "x", reset, []string{"code_mismatch"}},
		"reset, too many tries":      {"Reset", "LimitExceededException", "Attempt limit exceeded, please try after some time.", reset, []string{"code_mismatch"}},
		"reset, too many codes":      {"Reset", "TooManyFailedAttemptsException", "x", reset, []string{"code_mismatch"}},
		"reset, no code was asked":   {"Reset", "ExpiredCodeException", "x", reset, []string{"code_mismatch"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			operation := test.operation
			if operation == "Reset" {
				operation = "ConfirmForgotPassword"
			}
			d := newDouble(t, map[string]any{operation: awsError{test.code, test.message}})
			p := d.provider(t, "")
			err := test.call(p)
			p.Wait()
			if n := d.count(operation); n > 1 && test.code == "LimitExceededException" {
				t.Errorf("Cognito was asked %d times: the seconds in between tell of an account", n)
			}
			if test.want == nil {
				if err != nil {
					t.Errorf("error = %v, want none", err)
				}
				return
			}
			wantCodes(t, "the call", err, test.want...)
			if cruddur.KindOf(err) == cruddur.KindTooMany {
				if e := err.(*cruddur.Error); e.RetryAfter <= 0 {
					t.Error("no word on when to try again")
				}
			}
		})
	}
}

func TestNetworkIsAway(t *testing.T) {
	t.Parallel()
	d := newDouble(t, nil)
	p := d.provider(t, "")
	d.Close()
	_, err := p.SignIn(t.Context(), "ada@example.org", "Correct-Horse-7-Battery", now)
	wantCodes(t, "SignIn()", err, "unavailable")
}

// With a secret every call carries the hash of the name that Cognito expects there: the address, or,
// for refreshing, nothing but the secret itself.
func TestClientSecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	token := part(map[string]string{"alg": "RS256"}) + "." +
		part(map[string]any{"sub": "subject-1", "username": "name-1", "iat": 1000, "exp": 4600}) + ".x"
	d := newDouble(t, map[string]any{
		"InitiateAuth":              map[string]any{"AuthenticationResult": map[string]any{"AccessToken": token, "RefreshToken": "refresh-1"}},
		"GetTokensFromRefreshToken": awsError{"UnknownOperationException", ""},
	})
	p := d.provider(t, secret)
	const mail, pass = "ada@example.org", "Correct-Horse-7-Battery"
	calls := []error{
		p.SignUp(t.Context(), identity.SignUp{Name: "Ada", Email: mail, Handle: "ada", Password: pass}, now),
		p.Confirm(t.Context(), mail, "123 456", now), p.Resend(t.Context(), mail, now), p.Forgot(t.Context(), mail, now),
	}
	for i, err := range calls {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	tokens, err := p.SignIn(t.Context(), mail, pass, now)
	if err != nil || tokens.Refresh == "refresh-1" || tokens.ExpiresIn.Seconds() != 3600 {
		t.Fatalf("SignIn() = %+v, %v", tokens, err)
	}
	p.Refresh(t.Context(), tokens.Refresh, now) // the double's token is not signed
	if err := p.SignOut(t.Context(), tokens.Refresh, now); err != nil {
		t.Errorf("SignOut() = %v", err)
	}
	_, err = p.Refresh(t.Context(), "made-up", now)
	wantCodes(t, "Refresh(made-up)", err, "unauthenticated")

	hash := func(name string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(name + clientID))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	var got []string
	for _, c := range d.asked {
		sent := c.Body["SecretHash"]
		if parameters, ok := c.Body["AuthParameters"].(map[string]any); ok {
			sent = parameters["SECRET_HASH"]
		}
		if s, ok := c.Body["ClientSecret"]; ok && sent == nil {
			sent = s
		}
		s, _ := sent.(string)
		got = append(got, c.Operation+" "+s)
	}
	want := []string{
		"SignUp " + hash(mail), "ConfirmSignUp " + hash(mail), "ResendConfirmationCode " + hash(mail), "ForgotPassword " + hash(mail),
		"InitiateAuth " + hash(mail), "GetTokensFromRefreshToken " + secret, "InitiateAuth " + hash("name-1"),
		"GetTokensFromRefreshToken " + secret, "InitiateAuth " + hash("name-1"), "RevokeToken " + secret,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what proved the secret (-want +got):\n%s", diff)
	}
}

// keptStore has one member, who has the address that the tests reset.
type keptStore struct{ openStore }

func (keptStore) FindMember(_ context.Context, name string, _ time.Time) (cruddur.Member, error) {
	if name != "ada@example.org" {
		return cruddur.Member{}, cruddur.NewError(cruddur.KindNotFound)
	}
	return cruddur.Member{UUID: cruddur.MaxUUID, Subject: "subject-1"}, nil
}

// noted remembers whose sessions were ended.
type noted struct{ ended []cruddur.UUID }

func (n *noted) EndAll(_ context.Context, user, _ cruddur.UUID) error {
	n.ended = append(n.ended, user)
	return nil
}

// The password is new, and then Cognito is away or wants a second factor: whoever was signed in with the
// old one must be out all the same.
func TestResetEndsSessionsWithoutSignIn(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]any{
		"away":            awsError{"InternalErrorException", "x"},
		"a second factor": map[string]any{"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDouble(t, map[string]any{"InitiateAuth": answer})
			sessions := &noted{}
			p, err := cognito.New(cognito.Config{
				PoolID: poolID, ClientID: clientID, Endpoint: d.URL, Store: keptStore{}, Sessions: sessions, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Reset(t.Context(), "ada@example.org", "123456", "Correct-Horse-7-Battery", now); err == nil {
				t.Error("Reset() = nil, though nobody knows whether Cognito's tokens are over")
			}
			if diff := cmp.Diff([]cruddur.UUID{cruddur.MaxUUID}, sessions.ended); diff != "" {
				t.Errorf("whose sessions were ended (-want +got):\n%s", diff)
			}
		})
	}
}

// What goes on behind an answer has no request that would catch its panic.
func TestPanicBehindAnAnswer(t *testing.T) {
	t.Parallel()
	d := newDouble(t, map[string]any{
		"SignUp":                 awsError{"UsernameExistsException", "x"},
		"ResendConfirmationCode": awsError{"InvalidParameterException", "User is already confirmed."},
	})
	var log strings.Builder
	p, err := cognito.New(cognito.Config{
		PoolID: poolID, ClientID: clientID, Endpoint: d.URL, Store: openStore{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		AlreadyMember: func(context.Context, string, time.Time) error { panic("a fault") },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SignUp(t.Context(), identity.SignUp{Name: "Ada", Email: "ada@example.org", Handle: "ada", Password: "Correct-Horse-7-Battery"}, now); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if !strings.Contains(log.String(), "a fault") {
		t.Errorf("the log does not tell of it:\n%s", log.String())
	}
}
