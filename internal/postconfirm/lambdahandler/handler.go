// Package lambdahandler is the AWS Lambda behind Amazon Cognito's post-confirmation trigger: it reads the event,
// calls postconfirm and answers within Cognito's five seconds. It must not depend on how the database is reached, nor
// where it runs: the Runtime API and an Invoke endpoint both call Invoke.
package lambdahandler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"cruddur"
	"cruddur/internal/postconfirm"
)

// ConfirmSignUp is the only trigger source that the handler acts on. Cognito also calls the same function after every
// password reset (PostConfirmation_ConfirmForgotPassword).
const ConfirmSignUp = "PostConfirmation_ConfirmSignUp"

// Cognito waits five seconds for an answer, whatever the function's own timeout is: see "Things to know about Lambda
// triggers" in its developer guide. The first try may wait for an unreachable server; a second one follows on a new
// connection.
const (
	budget  = 4500 * time.Millisecond // for all tries together
	reserve = 300 * time.Millisecond  // before Lambda's own deadline, so that the answer is ours
	oneTry  = 2200 * time.Millisecond // connect 2 s, or statement 2 s
)

// The texts that Cognito shows to the member, after "PostConfirmation failed with error ". The account is already
// confirmed, and the first sign-in creates the missing row.
var (
	errNotStored  = errors.New("the account is confirmed, but its profile could not be stored yet. Please sign in")
	errUnreadable = errors.New("the event is not one of a Cognito post-confirmation trigger")
)

// Config configures a Handler.
type Config struct {
	Store postconfirm.Store
	// Reopen, if set, returns a store with new connections for the second try. A container that was frozen for an
	// hour has a dead connection without noticing, and a pool of one waits until that connection is closed properly.
	Reopen func() (postconfirm.Store, error)
	Log    *slog.Logger
	Now    func() time.Time // default time.Now
}

// Handler answers post-confirmation events, one after the other or several at once.
type Handler struct {
	c     Config
	store atomic.Pointer[postconfirm.Store]
}

// New returns a Handler.
func New(c Config) *Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Handler{c: c}
	h.store.Store(&c.Store)
	return h
}

// Invoke takes one event as JSON and returns it unchanged, as Cognito requires. It implements lambda.Handler. An
// error's text is short and can be shown to the member; the log has the details.
func (h *Handler) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	log := h.c.Log.With("request_id", requestID(ctx))
	defer func() {
		// Without this, aws-lambda-go would end the process after a panic, and the next member would wait for a cold
		// start and a new connection.
		if v := recover(); v != nil {
			log.Error("panic", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			answer, err = nil, errNotStored
		}
	}()
	var event events.CognitoEventUserPoolsPostConfirmation
	if err := json.Unmarshal(payload, &event); err != nil {
		log.Error("unreadable event", "error", err.Error(), "bytes", len(payload))
		return nil, errUnreadable
	}
	if _, err := h.Handle(ctx, event); err != nil {
		return nil, err
	}
	return payload, nil
}

// Handle is Invoke for a decoded event.
func (h *Handler) Handle(ctx context.Context, event events.CognitoEventUserPoolsPostConfirmation) (events.CognitoEventUserPoolsPostConfirmation, error) {
	log := h.c.Log.With("request_id", requestID(ctx), "trigger", event.TriggerSource, "pool", event.UserPoolID)
	if event.TriggerSource != ConfirmSignUp {
		log.Info("nothing to do")
		return event, nil
	}
	began := time.Now()
	account := postconfirm.FromClaims(event.Request.UserAttributes)
	log = log.With("subject", account.Subject)
	u, err := h.insert(ctx, log, account)
	log = log.With("ms", time.Since(began).Milliseconds())
	if err != nil {
		log.Error("the member is not stored", "error", err.Error(), "kind", string(cruddur.KindOf(err)))
		return event, errNotStored
	}
	log.Info("the member is stored", "user_uuid", u.UUID.String(), "handle", u.Handle)
	return event, nil
}

// insert tries twice: the database may look unreachable only because the connection died while the container was
// frozen.
func (h *Handler) insert(ctx context.Context, log *slog.Logger, a postconfirm.Account) (cruddur.User, error) {
	deadline := time.Now().Add(budget)
	if d, ok := ctx.Deadline(); ok && d.Add(-reserve).Before(deadline) {
		deadline = d.Add(-reserve)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	u, err := h.try(ctx, a)
	if err == nil || cruddur.KindOf(err) != cruddur.KindUnavailable || ctx.Err() != nil {
		return u, err
	}
	log.Warn("the database is away, once more on a new connection", "error", err.Error())
	if h.c.Reopen != nil {
		store, err := h.c.Reopen()
		if err != nil {
			return u, err
		}
		h.store.Store(&store)
	}
	return h.try(ctx, a)
}

func (h *Handler) try(ctx context.Context, a postconfirm.Account) (cruddur.User, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	return postconfirm.Insert(ctx, *h.store.Load(), a, h.c.Now().UTC())
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
