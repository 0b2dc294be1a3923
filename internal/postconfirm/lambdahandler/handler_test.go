package lambdahandler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postconfirm"
	"cruddur/internal/postconfirm/lambdahandler"
	"cruddur/internal/postconfirm/runtimetest"
)

// childEnv makes this test binary a Lambda of its own, whose store panics at first.
const childEnv = "LAMBDAHANDLER_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		store := &fakeStore{}
		store.upsert = func(context.Context) error {
			if store.calls.Load() == 1 {
				panic("a nil map")
			}
			return nil
		}
		log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
		lambdahandler.Serve(context.Background(), lambdahandler.New(lambdahandler.Config{Store: store, Log: log}))
		return
	}
	os.Exit(pgtest.Main(m))
}

type fakeStore struct {
	calls  atomic.Int64
	upsert func(ctx context.Context) error
}

func (s *fakeStore) UpsertUser(ctx context.Context, u cruddur.User, _ time.Time) (cruddur.User, error) {
	s.calls.Add(1)
	return u, s.upsert(ctx)
}

func event(trigger string, attributes string) string {
	return fmt.Sprintf(`{"version":"1","region":"ca-central-1","userPoolId":"ca-central-1_Example","userName":"abc",
"callerContext":{"awsSdkVersion":"aws-sdk-js-2.6.4","clientId":"client"},"triggerSource":%q,
"request":{"userAttributes":%s,"newInTomorrowsEvents":1},"response":{}}`, trigger, attributes)
}

const bob = `{"sub":"bob-sub","cognito:user_status":"CONFIRMED","email_verified":"true","email":"bob@example.org","name":"Bob","preferred_username":"bob"}`

func TestInvoke(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var logged bytes.Buffer
	h := lambdahandler.New(lambdahandler.Config{Store: db, Log: slog.New(slog.NewJSONHandler(&logged, nil))})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-7"})

	t.Run("stores the member and answers the event as it came", func(t *testing.T) {
		in := event(lambdahandler.ConfirmSignUp, bob)
		out, err := h.Invoke(ctx, []byte(in))
		if err != nil || string(out) != in {
			t.Fatalf("Invoke() = %s, %v", out, err)
		}
		u, err := db.UserBySubject(ctx, "bob-sub")
		if err != nil || u.Handle != "bob" || u.Email != "bob@example.org" {
			t.Errorf("the member is %+v, %v", u, err)
		}
	})
	t.Run("a second delivery makes no second member", func(t *testing.T) {
		if _, err := h.Invoke(ctx, []byte(event(lambdahandler.ConfirmSignUp, bob))); err != nil {
			t.Error(err)
		}
	})
	t.Run("a password reset stores nobody", func(t *testing.T) {
		in := event("PostConfirmation_ConfirmForgotPassword", `{"sub":"other","email":"other@example.org"}`)
		if out, err := h.Invoke(ctx, []byte(in)); err != nil || string(out) != in {
			t.Fatalf("Invoke() = %s, %v", out, err)
		}
		if u, err := db.UserBySubject(ctx, "other"); cruddur.KindOf(err) != cruddur.KindNotFound {
			t.Errorf("the member is %+v, %v", u, err)
		}
	})
	for name, in := range map[string]string{"no JSON": "{", "another shape": `{"request":{"userAttributes":[1]}}`} {
		t.Run(name, func(t *testing.T) {
			if out, err := h.Invoke(ctx, []byte(in)); err == nil || out != nil {
				t.Errorf("Invoke() = %s, %v", out, err)
			}
		})
	}
	t.Run("no subject: a short text for the member, the cause for the log", func(t *testing.T) {
		_, err := h.Invoke(ctx, []byte(event(lambdahandler.ConfirmSignUp, `{"email":"x@example.org"}`)))
		if err == nil || strings.Contains(err.Error(), "cognito_user_id") || len(err.Error()) > 120 {
			t.Errorf("error = %v", err)
		}
		last := lastLine(t, logged.String())
		if last["request_id"] != "request-7" || !strings.Contains(fmt.Sprint(last["error"]), "cognito_user_id_blank") {
			t.Errorf("log = %v", last)
		}
		if strings.Contains(logged.String(), "x@example.org") {
			t.Error("the log holds an e-mail address")
		}
	})
}

func TestInvokeDatabaseAway(t *testing.T) {
	t.Parallel()
	away := cruddur.NewError(cruddur.KindUnavailable)
	for name, test := range map[string]struct {
		upsert func(s *fakeStore, ctx context.Context) error
		calls  int64
		resets int
		ok     bool
	}{
		"a dead connection: the second try has a new one": {
			func(s *fakeStore, _ context.Context) error {
				if s.calls.Load() == 1 {
					return away
				}
				return nil
			}, 2, 1, true,
		},
		"away for good": {func(*fakeStore, context.Context) error { return away }, 2, 1, false},
		"a defect is not tried again": {
			func(*fakeStore, context.Context) error { return fmt.Errorf("syntax error") }, 1, 0, false,
		},
		"hanging until Lambda's deadline is near": {
			func(_ *fakeStore, ctx context.Context) error {
				<-ctx.Done()
				return away.Wrap(ctx.Err())
			}, 1, 0, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				resets := 0
				store := &fakeStore{}
				store.upsert = func(ctx context.Context) error { return test.upsert(store, ctx) }
				h := lambdahandler.New(lambdahandler.Config{Store: store, Log: slog.New(slog.DiscardHandler), Reopen: func() (postconfirm.Store, error) {
					resets++
					return store, nil
				}})
				began := time.Now()
				ctx, cancel := context.WithDeadline(t.Context(), began.Add(600*time.Millisecond))
				defer cancel()
				_, err := h.Invoke(ctx, []byte(event(lambdahandler.ConfirmSignUp, bob)))
				if took := time.Since(began); took > 300*time.Millisecond {
					t.Errorf("answered after %v, want it 300 ms before the deadline", took)
				}
				if (err == nil) != test.ok || store.calls.Load() != test.calls || resets != test.resets {
					t.Errorf("Invoke() = %v after %d calls and %d resets, want ok %v, %d, %d", err, store.calls.Load(), resets, test.ok, test.calls, test.resets)
				}
			})
		})
	}
}

// A panic is told to Lambda as an error, and the same process answers the next event.
func TestServePanic(t *testing.T) {
	t.Parallel()
	api := runtimetest.New(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1", "AWS_LAMBDA_RUNTIME_API="+api.Addr)
	var stderr bytes.Buffer
	child.Stderr = &stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	first, err := api.Invoke(ctx, event(lambdahandler.ConfirmSignUp, bob), 5*time.Second)
	if err != nil || !first.Failed || !strings.Contains(first.Body, "errorMessage") || strings.Contains(first.Body, "nil map") {
		t.Errorf("the panicking event = %+v, %v", first, err)
	}
	second, err := api.Invoke(ctx, event(lambdahandler.ConfirmSignUp, bob), 5*time.Second)
	if err != nil || second.Failed {
		t.Errorf("the event after it = %+v, %v", second, err)
	}
	child.Process.Kill()
	child.Wait()
	if !strings.Contains(stderr.String(), `"panic":"a nil map"`) || !strings.Contains(stderr.String(), "handler_test.go") {
		t.Errorf("the log does not tell of the panic:\n%s", stderr.String())
	}
}

func lastLine(t *testing.T, log string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	var m map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &m); err != nil {
		t.Fatalf("the log is not JSON: %v\n%s", err, log)
	}
	return m
}
