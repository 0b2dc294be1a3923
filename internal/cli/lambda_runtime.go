package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"cruddur/internal/postconfirm"
	"cruddur/internal/postconfirm/lambdahandler"
	"cruddur/internal/postgres"
)

// lambdaRuntime is the whole program inside AWS Lambda: the post-confirmation handler, until Lambda
// ends the container. It is chosen by the environment, because a bootstrap gets no arguments.
func (p *program) lambdaRuntime(ctx context.Context) int {
	log := slog.New(slog.NewJSONHandler(p.stderr, nil))
	db, err := p.openLambdaDatabase(ctx)
	if err != nil {
		log.Error("the function cannot start", "error", err.Error())
		return exitCode(ctx, err)
	}
	// Connecting now costs nobody anything: the first event is on its way meanwhile.
	go func(db *postgres.DB) {
		ctx, cancel := context.WithTimeout(ctx, lambdaTimeout)
		defer cancel()
		if err := db.Ping(ctx); err != nil {
			log.Warn("the database does not answer yet", "error", err.Error())
		}
	}(db)
	reopen := func() (postconfirm.Store, error) {
		go db.Close() // waits for a connection that may be dead
		fresh, err := p.openLambdaDatabase(ctx)
		if err == nil {
			db = fresh
		}
		return db, err
	}
	lambdahandler.Serve(ctx, lambdahandler.New(lambdahandler.Config{Store: db, Reopen: reopen, Log: log}))
	return exitOK
}

// lambdaTimeout bounds connecting, and a statement: two tries must fit into Cognito's five seconds.
const lambdaTimeout = 2 * time.Second

// openLambdaDatabase opens the handler's one connection: a container answers one event at a time, and
// a burst of sign-ups must not use up the server's connections.
func (p *program) openLambdaDatabase(ctx context.Context) (*postgres.DB, error) {
	url, err := p.config.text("CONNECTION_URL")
	if err != nil {
		return nil, err
	}
	if url == "" {
		return nil, exitWith(exitUsage, errors.New("CONNECTION_URL is not set: the function does not know its database"))
	}
	password, err := p.databasePassword(ctx)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, postgres.Config{
		URL:              url,
		ApplicationName:  "cruddur lambda",
		MaxConns:         1,
		ConnectTimeout:   lambdaTimeout,
		StatementTimeout: lambdaTimeout,
		Password:         password,
	})
}

// passwordFunc gives the password of each new connection.
type passwordFunc func(ctx context.Context, host string, port uint16, user string) (string, error)

// databasePassword is where passwords come from, as CRUDDUR_DB_AUTH says; nil is the URL itself.
func (p *program) databasePassword(ctx context.Context) (passwordFunc, error) {
	how, err := p.config.text("CRUDDUR_DB_AUTH")
	if err != nil {
		return nil, err
	}
	secret, err := p.config.text("CRUDDUR_DB_SECRET_ARN")
	if err != nil {
		return nil, err
	}
	switch {
	case how == "iam":
		return iamPassword(ctx)
	case secret != "":
		return secretPassword(ctx, secret)
	default:
		return nil, nil
	}
}

// iamPassword signs a token for each connection. That needs no network, so it works in a VPC without
// NAT and without interface endpoints.
func iamPassword(ctx context.Context) (passwordFunc, error) {
	c, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	return func(ctx context.Context, host string, port uint16, user string) (string, error) {
		endpoint := net.JoinHostPort(host, strconv.Itoa(int(port)))
		token, err := auth.BuildAuthToken(ctx, endpoint, c.Region, user, c.Credentials)
		if err != nil {
			return "", fmt.Errorf("sign a database token: %w", err)
		}
		return token, nil
	}, nil
}

// secretPassword reads a secret of the kind that RDS manages, {"username": …, "password": …}, or plain
// text. It is read for each connection, and there are few of them, so a rotation is noticed.
func secretPassword(ctx context.Context, arn string) (passwordFunc, error) {
	c, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	client := secretsmanager.NewFromConfig(c)
	return func(ctx context.Context, _ string, _ uint16, user string) (string, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
		if err != nil {
			return "", fmt.Errorf("read the secret of the database: %w", err)
		}
		return passwordOf(out.SecretString, user)
	}, nil
}
