// Package lambdahandler is the AWS Lambda behind Amazon Cognito's post-confirmation trigger: it reads
// the event, calls postconfirm and answers within Cognito's five seconds. It must not know how the
// database is reached, nor where it runs: the Runtime API and an Invoke endpoint both call Invoke.
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

// ConfirmSignUp is the only trigger source that is acted on. Cognito calls the same function after
// every password reset too (PostConfirmation_ConfirmForgotPassword).
const ConfirmSignUp = "PostConfirmation_ConfirmSignUp"

// Cognito waits five seconds for an answer, whatever the function's own timeout is: see "Things to
// know about Lambda triggers" in its developer guide. One try may wait for a server that is away, a
// second one follows on a new connection.
const (
	budget  = 4500 * time.Millisecond // for all tries together
	reserve = 300 * time.Millisecond  // before Lambda's own deadline, so that the answer is ours
	oneTry  = 2200 * time.Millisecond // connect 2 s, or statement 2 s
)

// The texts that Cognito shows to the member, after "PostConfirmation failed with error ". The account
// is confirmed by then, and signing in makes up what is missing.
var (
	errNotStored  = errors.New("the account is confirmed, but its profile could not be stored yet. Please sign in")
	errUnreadable = errors.New("the event is not one of a Cognito post-confirmation trigger")
)

// Config is what a Handler needs.
type Config struct {
	Store postconfirm.Store
	// Reopen, where it is set, gives a store with new connections, for the second try. A container that
	// was frozen for an hour holds one that is dead without knowing it, and a pool of one waits for it
	// to be closed in good order.
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

// Invoke takes one event as JSON and answers it unchanged, which is what Cognito wants. It implements
// lambda.Handler. An error's text is short and fit for the member; the log has the rest.
func (h *Handler) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	log := h.c.Log.With("request_id", requestID(ctx))
	defer func() {
		// aws-lambda-go would end the process after a panic, and the next member would wait for a cold
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

// Handle is Invoke for an event that is decoded already.
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

// insert tries twice: an unavailable database may be no more than a connection that died while the
// container was frozen.
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
