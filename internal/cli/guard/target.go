package guard

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
	"cruddur/internal/pgserver"
)

// Named holds how the operator names a database: at most one of the three is set.
type Named struct {
	Prod bool   // by the word prod
	Env  string // by --env
	URL  string // by --url
}

// Resolve finds the database that the operator means. If that is the private one, it starts its server or
// attaches to it; stop releases it. action is the command's name: only the commands of makesServer may create
// that server.
func Resolve(ctx context.Context, p *command.Program, named Named, action string, o *terminal.Output) (admin *dbadmin.Admin, stop func(), err error) {
	production, err := p.Config.Text("PROD_CONNECTION_URL")
	if err != nil {
		return nil, nil, err
	}
	name, source, url, err := namedURL(p, named)
	if err != nil {
		return nil, nil, err
	}
	stop = func() {}
	private := url == ""
	var complaint func() string
	if private {
		if url, complaint, stop, err = privateURL(ctx, p, !slices.Contains(makesServer, action), o); err != nil {
			return nil, nil, err
		}
		source = "the private PostgreSQL"
	}
	if url, err = p.ResolveRDS(ctx, url); err != nil {
		stop()
		return nil, nil, err
	}
	production = command.WithoutRDS(production)
	target, err := dbadmin.NewTarget(name, source, url, production)
	if err != nil {
		stop()
		return nil, nil, err
	}
	target.Private = private
	for _, dropped := range target.Info.Dropped {
		o.Warn("%s: %s", source, dropped)
	}
	if target.Defaulted {
		o.Say("%s names no database; using %s", source, target.Database())
	}
	admin = dbadmin.New(target, production)
	admin.Complaint = complaint
	return admin, stop, nil
}

var environmentName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

// namedURL returns the URL of the named database; "" is the private server.
func namedURL(p *command.Program, f Named) (name, source, url string, err error) {
	if f.Prod && f.Env != "" || (f.Prod || f.Env != "") && f.URL != "" {
		return "", "", "", command.Exit(command.ExitUsage, fmt.Errorf("prod, --env and --url each name the target; give only one of them"))
	}
	name = f.Env
	if f.Prod {
		name = "prod"
	}
	switch {
	case f.URL != "":
		return "", "--url", f.URL, nil
	case name != "":
		if !environmentName.MatchString(name) {
			return "", "", "", command.Exit(command.ExitUsage, fmt.Errorf("--env %q: want a name such as staging", name))
		}
		source, url, err = environmentURL(p, name)
		if err == nil && url == "" {
			err = command.Exit(command.ExitUsage, fmt.Errorf("%s is not set, so there is no database for %s\nset it, or name the target with --url", source, name))
		}
		return name, source, url, err
	}
	url, err = p.Config.Text("CONNECTION_URL")
	return "", "CONNECTION_URL", url, err
}

// environmentURL reads NAME_CONNECTION_URL, or the file that NAME_CONNECTION_URL_FILE names.
func environmentURL(p *command.Program, name string) (variable, url string, err error) {
	variable = strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_CONNECTION_URL"
	if variable == "PRODUCTION_CONNECTION_URL" && p.Getenv(variable) == "" && p.Getenv(variable+"_FILE") == "" {
		variable = "PROD_CONNECTION_URL"
	}
	url, _, err = p.Config.Lookup(command.Option{Env: variable, Secret: true})
	return variable, strings.TrimSpace(url), err
}

// makesServer lists the commands that may create the private server. Any other command would only find it
// empty.
var makesServer = []string{"create", "drop", "prepare", "setup", "reset", "wait"}

// privateURL starts cruddur's private server, or attaches to the one that a running cruddur serve has
// started.
func privateURL(ctx context.Context, p *command.Program, existing bool, o *terminal.Output) (url string, complaint func() string, stop func(), err error) {
	config, err := p.PrivateServer(slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, nil, err
	}
	config.Existing = existing
	server, err := pgserver.Start(ctx, config)
	if err != nil {
		return "", nil, nil, command.PrivateError(ctx, err)
	}
	begin := server.LogSize()
	complaint = func() string { return server.Complaint(begin) }
	if server.Made() {
		o.Say("made a private PostgreSQL in %s", server.Dir())
	}
	return server.URL(dbadmin.DefaultDatabase), complaint, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			o.Warn("%v", err)
		}
	}, nil
}
