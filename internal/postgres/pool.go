package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pool is pgx's pool, with one difference: if the server refuses a new connection's password, the connection
// is opened again with a fresh one. While a secret is rotated, the two sides differ for some seconds, and pgx
// has no hook for that. Only opening is repeated, so no statement runs twice.
type pool struct {
	*pgxpool.Pool
	refused func(context.Context) error // nil: a refusal is final
}

// refusals are the pauses between attempts, 3 s in all: a rotation takes about one.
var refusals = []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, time.Second, time.Second}

// again calls open until it succeeds, fails for another reason than the password, or has failed too often.
func (p *pool) again(ctx context.Context, open func() error) error {
	err := open()
	if p.refused == nil {
		return err
	}
	for _, pause := range refusals {
		if !passwordRefused(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		if p.refused(ctx) != nil {
			return err
		}
		err = open()
	}
	return err
}

// passwordRefused reports whether the server has refused a new connection's password (28P01) or user (28000,
// RDS's error for an invalid token).
func passwordRefused(err error) bool {
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); !connecting {
		return false
	}
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "28P01" || pe.Code == "28000")
}

// Query is the pool's Query.
func (p *pool) Query(ctx context.Context, sql string, args ...any) (rows pgx.Rows, err error) {
	err = p.again(ctx, func() error { rows, err = p.Pool.Query(ctx, sql, args...); return err }) //nolint:rowserrcheck,sqlclosecheck // the caller does
	return rows, err
}

// Exec is the pool's Exec.
func (p *pool) Exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	err = p.again(ctx, func() error { tag, err = p.Pool.Exec(ctx, sql, args...); return err })
	return tag, err
}

// Begin is the pool's Begin.
func (p *pool) Begin(ctx context.Context) (tx pgx.Tx, err error) {
	err = p.again(ctx, func() error { tx, err = p.Pool.Begin(ctx); return err })
	return tx, err
}

// Acquire is the pool's Acquire.
func (p *pool) Acquire(ctx context.Context) (conn *pgxpool.Conn, err error) {
	err = p.again(ctx, func() error { conn, err = p.Pool.Acquire(ctx); return err })
	return conn, err
}

// connect opens a connection outside the pool, with the pool's configuration; change may alter it.
func (p *pool) connect(ctx context.Context, change func(*pgx.ConnConfig)) (conn *pgx.Conn, err error) {
	err = p.again(ctx, func() error {
		config := p.Config()
		if config.BeforeConnect != nil {
			if err = config.BeforeConnect(ctx, config.ConnConfig); err != nil {
				return err
			}
		}
		if change != nil {
			change(config.ConnConfig)
		}
		conn, err = pgx.ConnectConfig(ctx, config.ConnConfig)
		return err
	})
	return conn, err
}
