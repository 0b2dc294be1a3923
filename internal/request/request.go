// Package request is what pages and API both know of an HTTP request: its id, the client's address,
// the status of an error. httpserver fills it in; it must not know routes or answers.
package request

import (
	"context"
	"net/http"
	"net/netip"

	"cruddur"
)

type key int

const (
	idKey key = iota
	clientKey
)

// WithID returns ctx carrying the request's id, which the log and the error page share.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey, id)
}

// ID is the request's id, or "" outside a request.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(idKey).(string)
	return id
}

// WithClient returns ctx carrying the client's address.
func WithClient(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey, a)
}

// Client is the client's address: the connection's, or what a trusted proxy says.
func Client(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(clientKey).(netip.Addr)
	return a
}

// ClientKey is the text that stands for the client in a rate limit: an IPv4 address, or the /64 that
// an IPv6 address belongs to, for one customer has at least that many.
func ClientKey(ctx context.Context) string {
	a := Client(ctx).Unmap()
	if !a.IsValid() {
		return "unknown"
	}
	if a.Is6() {
		p, err := a.WithZone("").Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return a.String()
}

// Status is the HTTP status of a kind of error.
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
