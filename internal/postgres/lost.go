package postgres

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// LostError says that a connection broke during a statement.
type LostError struct{ Err error }

// Error says what the cause may be; the driver says only how it noticed.
func (e *LostError) Error() string {
	return "the connection to the server is lost: it has stopped or crashed, its disk may be full, or the session was ended (" + e.Err.Error() + ")"
}

// Unwrap returns the driver's error.
func (e *LostError) Unwrap() error { return e.Err }

// IsLost reports whether an error means that an open connection was lost.
func IsLost(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*LostError](err); ok {
		return true
	}
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return false
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pe.Code == "57P01" || pe.Code == "57P02" || pe.Code == "57P03" // session ended, server crashed, server starting
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	// pgx has no error value for it.
	return strings.Contains(err.Error(), "conn closed")
}

// lost turns the driver's error for a lost connection into a LostError.
func lost(err error) error {
	_, known := errors.AsType[*LostError](err)
	_, server := errors.AsType[*pgconn.PgError](err)
	if known || server || !IsLost(err) {
		return err
	}
	return &LostError{err}
}
