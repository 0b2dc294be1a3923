// Package request holds what pages and API share about an HTTP request: its id, the client's address, the status of
// an error. httpserver fills it in. It must not depend on routes or answers.
package request

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"cruddur"
)

type key struct{}

// Info is the data of a request that does not depend on its path.
type Info struct {
	ID     string     // shared by the log, the error page and the X-Request-Id header
	Client netip.Addr // the connection's address, or the one from a trusted proxy
	Secure bool       // it used TLS, to us or to a trusted proxy
}

// With returns a context that carries the Info.
func With(ctx context.Context, i Info) context.Context { return context.WithValue(ctx, key{}, i) }

// Of returns the Info in ctx, or the zero Info outside a request.
func Of(ctx context.Context) Info {
	i, _ := ctx.Value(key{}).(Info)
	return i
}

// WithID returns a context that carries the request's id, which the log and the error page share.
func WithID(ctx context.Context, id string) context.Context {
	i := Of(ctx)
	i.ID = id
	return With(ctx, i)
}

// ID returns the request's id, or "" outside a request.
func ID(ctx context.Context) string { return Of(ctx).ID }

// WithClient returns a context that carries the client's address.
func WithClient(ctx context.Context, a netip.Addr) context.Context {
	i := Of(ctx)
	i.Client = a
	return With(ctx, i)
}

// Client returns the client's address: the connection's, or the one from a trusted proxy.
func Client(ctx context.Context) netip.Addr { return Of(ctx).Client }

// Secure reports whether the request used TLS, to us or to a trusted proxy.
func Secure(ctx context.Context) bool { return Of(ctx).Secure }

// TooMany returns the error for a request that a limit allows again after wait.
func TooMany(wait time.Duration) error {
	return cruddur.NewError(cruddur.KindTooMany).RetryIn(wait)
}

// Status returns the HTTP status of a kind of error.
func Status(k cruddur.Kind) int {
	switch k {
	case cruddur.KindInvalid:
		return http.StatusUnprocessableEntity
	case cruddur.KindUnauthenticated:
		return http.StatusUnauthorized
	case cruddur.KindForbidden:
		return http.StatusForbidden
	case cruddur.KindNotFound:
		return http.StatusNotFound
	case cruddur.KindConflict:
		return http.StatusConflict
	case cruddur.KindTooMany:
		return http.StatusTooManyRequests
	case cruddur.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
