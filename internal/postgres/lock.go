package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	lockRetry = 2 * time.Second // how soon a waiting process notices that the lock is free
	lockCheck = 2 * time.Second // how soon the holder notices a connection that was lost silently
)

// ErrLockLost is the cause of the context's end if WithLock has lost the lock's connection.
var ErrLockLost = errors.New("the connection that holds the lock is lost")

// WithLock waits for the session lock of a name, which only one process of this database holds at a time, and
// runs fn while it holds the lock. The lock lives on a direct connection: if that is lost the server releases
// the lock and fn's context ends. On a read-only server the error wraps ErrReadOnly: a standby gives the lock
// to every client, so it protects nothing there. A pooler in transaction mode would break the lock.
func (d *DB) WithLock(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	conn, err := d.Direct(ctx)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	var s string
	if err := queryRowIn(ctx, conn, mustStatement("locks/keepalive"), nil, &s, &s, &s); err != nil {
		return err
	}
	if err := checkWritable(ctx, conn); err != nil {
		return err
	}
	if err := waitForLock(ctx, conn, name); err != nil {
		return err
	}
	held, lose := context.WithCancelCause(ctx)
	watching, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := watchConn(watching, conn); err != nil {
			lose(fmt.Errorf("%w: %w", ErrLockLost, err))
		}
	}()
	err = fn(held)
	stop()
	<-done
	if cause := context.Cause(held); cause != nil && errors.Is(cause, ErrLockLost) {
		err = unavailable(cause)
	}
	lose(nil)
	return err
}

func checkWritable(ctx context.Context, conn *pgx.Conn) error {
	reason, err := readOnlyReason(ctx, conn)
	if err == nil && reason != "" {
		err = unavailable(fmt.Errorf("%w: %s", ErrReadOnly, reason))
	}
	return err
}

// waitForLock polls. Waiting in pg_advisory_lock would keep a snapshot open in the server, and vacuum could
// not remove any row that died after it.
func waitForLock(ctx context.Context, conn *pgx.Conn, name string) error {
	for {
		var locked bool
		if err := queryRowIn(ctx, conn, mustStatement("locks/try"), args{"name": name}, &locked); err != nil || locked {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}

// watchConn returns the error that ends the connection, ErrReadOnly once its server refuses writes, or nil
// when ctx has ended.
func watchConn(ctx context.Context, conn *pgx.Conn) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, lockCheck)
		_, err := conn.WaitForNotification(quiet) // no notification ever comes: it returns when the server closes the connection
		expired := quiet.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !expired {
			return err
		}
		probe, cancel := context.WithTimeout(ctx, lockCheck)
		err = checkWritable(probe, conn)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx)
}
