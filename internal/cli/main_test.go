package cli_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cruddur/internal/cli"
	"cruddur/internal/pgtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// suite runs the tests with a server of their own.
type suite struct{ *testing.M }

func (s suite) Run() int { return pgtest.Main(s.M) }

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"cruddur": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}})
}
