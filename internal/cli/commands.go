package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/dbcmd"
	"cruddur/internal/cli/lambdacmd"
	"cruddur/internal/cli/placecmd"
	"cruddur/internal/cli/rdscmd"
	"cruddur/internal/cli/reportcmd"
	"cruddur/internal/cli/servicecmd"
	"cruddur/internal/cli/usercmd"
)

// commands returns the groups in the order of the help text.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(),
		p.healthCommand(),
		servicecmd.Command(p.Program, servicecmd.Outside{Run: p.withSettings, Place: p.placeOf}),
		dbcmd.Command(p.Program),
		usercmd.Command(p.Program, p.site),
		placecmd.Command(p.Program, p.site),
		placecmd.InviteCommand(p.Program, p.site),
		p.mailCommand(),
		reportcmd.Command(p.Program),
		reportcmd.ActivityCommand(p.Program),
		rdscmd.Command(p.Program),
		lambdacmd.Command(p.Program),
		p.configCommand(),
		p.versionCommand(),
	}
}

// site returns the address of the pages, for the mails that a user command sends.
func (p *program) site() (address string, named bool, err error) {
	o, err := p.serveOptions()
	return o.site(), o.named, err
}

// with returns this program with other settings; the rest of the environment is as before.
func (p *program) with(settings map[string]string) *command.Program {
	outside := *p.Program
	outside.Getenv = func(name string) string {
		if v, ok := settings[name]; ok {
			return v
		}
		return p.Getenv(name)
	}
	return &outside
}

// withSettings runs a command line with the settings of the service.
func (p *program) withSettings(ctx context.Context, settings map[string]string, args []string) error {
	if code := Execute(ctx, p.with(settings), args); code != command.ExitOK {
		return command.Exit(code, nil) // it has said why
	}
	return nil
}

// placeOf returns the addresses of a server with these settings.
func (p *program) placeOf(settings map[string]string) (place servicecmd.Place, err error) {
	outside := p.with(settings)
	outside.Config = command.NewConfig(outside.Getenv)
	o, err := (&program{outside}).serveOptions()
	if err != nil {
		return place, err
	}
	place.URL, place.Domain = o.site(), o.domain
	place.Listen, err = localAddress(o.listen)
	return place, err
}
