package lambdacmd

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/postconfirm"
	"cruddur/internal/postconfirm/lambdahandler"
	"cruddur/internal/postgres"
)

// Runtime runs the whole program inside AWS Lambda: it serves the post-confirmation handler until Lambda ends
// the container. The environment selects it, because a bootstrap gets no arguments.
func Runtime(ctx context.Context, p *command.Program) int {
	log := slog.New(slog.NewJSONHandler(p.Stderr, nil))
	db, err := OpenDatabase(ctx, p)
	if err != nil {
		log.Error("the function cannot start", "error", err.Error())
		return command.ExitCode(ctx, err)
	}
	// Connecting now costs no time: the first event is on its way meanwhile.
	go func(db *postgres.DB) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if err := db.Ping(ctx); err != nil {
			log.Warn("the database does not answer yet", "error", err.Error())
		}
	}(db)
	reopen := func() (postconfirm.Store, error) {
		go db.Close() // Close waits for a connection that may be dead
		fresh, err := OpenDatabase(ctx, p)
		if err == nil {
			db = fresh
		}
		return db, err
	}
	lambdahandler.Serve(ctx, lambdahandler.New(lambdahandler.Config{Store: db, Reopen: reopen, Log: log}))
	return command.ExitOK
}

// timeout limits connecting and each statement: two attempts must fit into Cognito's five seconds.
const timeout = 2 * time.Second

// OpenDatabase opens the handler's only connection: a container handles one event at a time, and a burst of
// sign-ups must not use up the server's connections.
func OpenDatabase(ctx context.Context, p *command.Program) (*postgres.DB, error) {
	url, err := p.Config.Text("CONNECTION_URL")
	if err != nil {
		return nil, err
	}
	if url == "" {
		return nil, command.Exit(command.ExitUsage, errors.New("CONNECTION_URL is not set: the function has no database"))
	}
	c := postgres.Config{
		URL:              url,
		ApplicationName:  "cruddur lambda",
		MaxConns:         1,
		ConnectTimeout:   timeout,
		StatementTimeout: timeout,
	}
	if err := p.OnRDS(ctx, &c); err != nil {
		return nil, err
	}
	return postgres.Open(ctx, c)
}
